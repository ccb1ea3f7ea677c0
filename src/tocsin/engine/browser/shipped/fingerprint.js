// Tocsin, Apache-2.0. Explained in docs/engine/browser.md
const raw = {colorSpaceConversion: 'none', premultiplyAlpha: 'none'}
const {abs, min, max, fround: f, sin, cos, PI} = Math
const list = (length, make) => Array.from({length}, (_, i) => make(i))
const line = n => new Float64Array(n)
const hex = buffer => [...new Uint8Array(buffer)].map(b => b.toString(16).padStart(2, '0')).join('')

export async function fingerprint(blob) {
 const bytes = new Uint8Array(await blob.arrayBuffer()), {subtle} = crypto
 if (!subtle) throw Error('No crypto.subtle: use https or localhost')
 const sha = async n => hex(await subtle.digest('SHA-'+n, bytes))
 const all = {md5: md5(bytes), sha1: await sha(1), sha256: await sha(256), hasher: 'tocsin-pdq-js/1', dialect: 'full'}
 const end = status => ({...all, status}), start = String.fromCharCode(...bytes.subarray(0, 3e4))
 if (max(bytes.length, plain(bytes, start)) > 100<<20) return end('too_large')
 const decode = more => createImageBitmap(new Blob([bytes, more]), raw).catch(() => 0)
 const whole = await decode(''), bitmap = whole || await decode(Uint8Array.of(255, 217))
 if (!bitmap) return end(/^(\xff\xd8|\x89PNG|GIF8|RIFF....WEBP|BM|....ftypavi|$)/s.test(start) ? 'corrupt' : 'unsupported')
 const {width, height} = bitmap, side = min(width, height)
 if (width*height > 100<<20) return end('too_large')
 Object.assign(all, {width, height}, side>4 && await look(bitmap, width, height))
 bitmap.close()
 return end(side<64 ? 'too_small' : all.pdqQuality<50 ? 'flat' : whole ? 'ok' : 'partial')
}

export function pdqOfRgba(data, width, height) {
 if (!(min(width, height)>4) || width%1 || height%1 || data.length != width*height*4) throw RangeError('Needs sides from 5 and width*height*4 bytes')
 const all = pdqOf(width, height)
 all.add(data, 0)
 return all.pdq()
}

export function md5(bytes) {
 const n = bytes.length, all = new Uint8Array(n+72>>6<<6), words = new Int32Array(all.buffer), end = words.length
 all.set(bytes.subarray())
 all[n] = 128
 words[end-2] = n*8
 words[end-1] = n/2**29
 const a = 0x67452301, b = 0xefcdab89, sum = new Int32Array([a, b, ~a, ~b])
 const steps = list(64, i => [abs(sin(i+1))*2**32|0, parseInt('7chm59ek4bgn6afl'[i>>4<<2|i&3], 36), [i, 5*i+1, 3*i+5, 7*i][i>>4]%16])
 for (let at = 0; at<end; at += 16) {
  let [a, b, c, d] = sum
  steps.forEach(([t, s, k], i) => {
   const x = [d^b&(c^d), c^d&(b^c), b^c^d, c^(b|~d)][i>>4]+a+t+words[at+k]
   a = d, d = c, c = b, b = b+(x<<s|x>>>32-s)|0
  })
  sum.forEach((v, i) => sum[i] += [a, b, c, d][i])
 }
 return hex(sum.buffer)
}

// Blots out what turns pixels.
function plain(bytes, start) {
 const view = new DataView(bytes.buffer), u32 = at => view.getUint32(at), is = pattern => pattern.test(start)
 let at = 2, pixels = 0
 try {
  if (is(/^.PNG/)) for (pixels = u32(16)*u32(20), at = 8;; at += 12+u32(at)) if (u32(at+4) == 0x65584966) bytes[at+4]++
  if (is(/^....ftypavi/s)) for (at of start.matchAll(/irot|imir/g)) bytes.set([105,114,111,116,0], at.index)
  for (; bytes[at] == 255; at += 2+(u32(at+2)>>>16)) {
   const m = bytes[at+1]
   if (m == 225) bytes[at+4] = 0
   if (m>191 && m<195) return (u32(at+5)>>>16)*(u32(at+5)&65535)
  }
 } catch {}
 return pixels
}

function read(bitmap, y, w, h) {
 const canvas = new OffscreenCanvas(w, h).getContext('2d', {willReadFrequently: true})
 canvas.drawImage(bitmap, 0, -y)
 return canvas.getImageData(0, 0, w, h).data
}

async function look(bitmap, width, height) {
 const all = pdqOf(width, height), probe = new ImageData(64, 64).data.map((_, i) => i%4<3 ? i%251 : 255)
 const most = max(...read(await createImageBitmap(new ImageData(probe, 64)), 0, 64, 64).map((v, i) => abs(v-probe[i])))
 if (most>8) throw Error('This browser falsifies canvas data')
 let exact = !most, gl
 for (let y = 0, h; y<height; y += h) {
  h = min(height-y, 1+2**20/width|0)
  let data = read(bitmap, y, width, h), i = 3
  while (data[i]>254) i += 4
  // A canvas rounds what is under alpha; a texture does not.
  if (data[i]<255) try {
   if (!gl) {
    gl = new OffscreenCanvas(1, 1).getContext('webgl')
    const image = gl.createTexture()
    gl.bindTexture(3553, image)
    gl.bindFramebuffer(36160, gl.createFramebuffer())
    gl.framebufferTexture2D(36160, 36064, 3553, image, 0)
   }
   gl.texImage2D(3553, 0, 6408, 6408, 5121, await createImageBitmap(bitmap, 0, y, width, h, raw))
   gl.readPixels(0, 0, width, h, 6408, 5121, i = new Uint8Array(data.length))
   gl.getError() ? exact = false : data = i
  } catch { exact = false }
  all.add(data, y)
 }
 return {...all.pdq(), exact}
}

const bands = n => list(64, k => {
 const box = n+127>>7, right = box>>1
 let row = line(n).fill(1, k = (k+.5)*n/64|0, k+1)
 for (const pass of 'xy') {
  const out = line(n)
  row.forEach((v, i) => {
   const low = max(0, i+1+right-box), high = min(n, i+right+1)
   if (v) for (let j = low; j<high; j++) out[j] += v/(high-low)
  })
  row = out
 }
 return row.map(f)
})

const mix = (rows, at, sums, pixels) => rows.forEach((row, k) => {
 const v = row[at], sum = sums[k]
 if (v) for (let x = 0; x<pixels.length; x++) sum[x] += v*pixels[x]
})

const times = (a, b) => {
 const out = a.map(() => line(b.length))
 a[0].forEach((_, at) => mix(a, at, out, b.map(row => row[at])))
 return out
}

function pdqOf(width, height) {
 const rows = bands(height), sums = rows.map(() => line(width)), luma = line(width)
 return {
  add(data, y) {
   for (let at = 0; at<data.length; mix(rows, y++, sums, luma)) {
    for (let x = 0; x<width; at += 4) luma[x++] = 255+(.299*data[at]+.587*data[at+1]+.114*data[at+2]-255)*data[at+3]/255
   }
  },
  pdq() {
   const block = times(bands(width), sums), dct = list(16, i => list(64, j => cos(PI/128*(i+1)*(2*j+1))))
   const waves = times(times(dct, block), dct)
   const dihedral = [0, 5, 3, 6, 1, 2, 4, 7].map(how => {
    const turned = list(256, k => {
     const i = k>>4, j = k&15
     return waves[how&4 ? j : i][how&4 ? i : j]*(-1)**(how&~i^how>>1&~j)
    })
    const mid = Float64Array.from(turned).sort()[127]
    return BigInt('0b'+turned.map(v => +(v>mid)).reverse().join('')).toString(16).padStart(64, '0')
   })
   let total = 0, step = (a, b) => total += abs(f(f(f(f(a)-f(b))*100)/255)|0)
   block.forEach((row, i) => row.forEach((v, j) => step(v, row[j+1])+step(v, block[i+1]?.[j])))
   return {pdq: dihedral[0], pdqQuality: min(100, total/90|0), dihedral}
  }
 }
}
