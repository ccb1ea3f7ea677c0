/* The public's pages with a script: the whole form at once, kept as it is typed, and proof of work.
   No library, nothing kept in the browser, nothing asked of any other place. */
"use strict";

const SLICE_MS = 12;
const KEEP_AFTER_MS = 700;
const WAIT_AT_MOST_MS = 90000;

/* Proof of work: for each puzzle a number so that SHA-256 of `challenge:puzzle:number` begins with
   so many zero bits. Computed here and not by WebCrypto: that takes longer to be called than to
   hash, and is not there on every page. In short slices, so that the page stays quick while
   somebody types. */
const K = new Int32Array([
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const FIRST = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const words = new Int32Array(64);

/* How many zero bits the SHA-256 of a short text begins with (at most 55 letters of ASCII). */
function zeroBits(text) {
    words.fill(0, 0, 16);
    for (let i = 0; i < text.length; i += 1) {
        words[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
    }
    words[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
    words[15] = text.length * 8;
    for (let i = 16; i < 64; i += 1) {
        const x = words[i - 15];
        const y = words[i - 2];
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = FIRST;
    for (let i = 0; i < 64; i += 1) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + one) | 0;
        d = c;
        c = b;
        b = a;
        a = (one + two) | 0;
    }
    const left = Math.clz32(a + FIRST[0]);
    return left < 32 ? left : 32 + Math.clz32(b + FIRST[1]);
}

async function solve(challenge, bits, puzzles) {
    const found = [];
    const channel = new MessageChannel();
    for (let puzzle = 0; puzzle < puzzles; puzzle += 1) {
        let number = 0;
        let until = performance.now() + SLICE_MS;
        while (zeroBits(`${challenge}:${puzzle}:${number}`) < bits) {
            number += 1;
            if ((number & 255) === 0 && performance.now() > until) {
                await new Promise((resolve) => {
                    channel.port1.onmessage = resolve;
                    channel.port2.postMessage(0);
                });
                until = performance.now() + SLICE_MS;
            }
        }
        found.push(number);
    }
    channel.port1.close();
    return found.join(",");
}

/* Begins the work of a form at once; sends the form only when it is done, or after a while without:
   then the report is taken all the same, only more slowly. */
function workFor(form) {
    const said = form.querySelector("[data-working]");
    let done = false;
    const work = solve(
        form.dataset.work,
        Number(form.dataset.bits),
        Number(form.dataset.puzzles),
    ).then((answer) => {
        form.elements.work.value = answer;
        done = true;
    });
    let waiting = false;
    form.addEventListener("submit", (event) => {
        if (done) {
            return;
        }
        event.preventDefault();
        if (waiting) {
            return;
        }
        waiting = true;
        said.textContent = said.dataset.busy;
        const enough = new Promise((resolve) => {
            setTimeout(resolve, WAIT_AT_MOST_MS);
        });
        Promise.race([work, enough]).then(() => {
            done = true;
            form.submit();
        });
    });
}

/* Every field is kept as it is typed, under the form's own token. */
function keepAsTyped(form) {
    const said = form.querySelector("[data-kept]");
    const lines = form.querySelector("[data-lines]");
    const complete = form.querySelector("[data-complete]");
    let timer = 0;
    let last = "";
    let sent = false;
    let flying = false;
    said.textContent = said.dataset.waiting;

    function keep() {
        clearTimeout(timer);
        const told = new URLSearchParams(new FormData(form));
        told.delete("work");
        const body = told.toString();
        // One at a time: an older state must not arrive after a newer one.
        if (sent || flying || body === last) {
            return;
        }
        last = body;
        flying = true;
        fetch(form.dataset.draft, {
            method: "POST",
            body: told,
            credentials: "omit",
            cache: "no-store",
            referrerPolicy: "no-referrer",
            redirect: "error",
            keepalive: body.length < 60000,
        }).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("not kept"))))
            .then((told) => {
                said.textContent = told.said;
                lines.textContent = told.lines;
                complete.textContent = told.complete;
                flying = false;
                keep();
            })
            .catch(() => {
                last = "";
                flying = false;
            });
    }

    form.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(keep, KEEP_AFTER_MS);
    });
    form.addEventListener("change", keep);
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden" && last !== "") {
            keep();
        }
    });
    form.addEventListener("submit", () => {
        sent = true;
    });
}

/* The whole form in place of one question a page; what was answered already is in it. */
function showWhole() {
    const step = document.querySelector("[data-step]");
    const whole = document.querySelector("[data-whole]");
    if (!step || !whole) {
        return;
    }
    step.remove();
    whole.hidden = false;
    workFor(whole);
    keepAsTyped(whole);
}

/* Away without a trace in the browser's history; Escape twice does the same. */
function quickExit() {
    const link = document.querySelector("[data-exit]");
    if (!link) {
        return;
    }
    const leave = (event) => {
        event.preventDefault();
        document.body.hidden = true;
        window.location.replace(link.href);
    };
    link.addEventListener("click", leave);
    let before = -Infinity;
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") {
            return;
        }
        if (event.timeStamp - before < 1500) {
            leave(event);
        }
        before = event.timeStamp;
    });
}

quickExit();
showWhole();
document.querySelectorAll("form[data-worked]").forEach(workFor);
