/* The public's pages with a script: the whole form at once, kept as it is typed, and proof of work.
   No library, nothing kept in the browser, nothing asked of any other place. */
"use strict";

const BATCH = 256;
const KEEP_AFTER_MS = 700;
const WAIT_AT_MOST_MS = 90000;

/* Proof of work: for each puzzle a number so that SHA-256 of `token:puzzle:number` begins with so
   many zero bits. Hashed in batches, so that the page stays quick while somebody types. */
async function solve(token, bits, puzzles) {
    const encoder = new TextEncoder();
    const found = [];
    for (let puzzle = 0; puzzle < puzzles; puzzle += 1) {
        let number = 0;
        let hit = -1;
        while (hit < 0) {
            const batch = [];
            for (let i = 0; i < BATCH; i += 1) {
                const text = encoder.encode(`${token}:${puzzle}:${number + i}`);
                batch.push(crypto.subtle.digest("SHA-256", text));
            }
            const digests = await Promise.all(batch);
            const at = digests.findIndex((digest) => zeroBits(new DataView(digest)) >= bits);
            if (at >= 0) {
                hit = number + at;
            }
            number += BATCH;
        }
        found.push(hit);
    }
    return found.join(",");
}

function zeroBits(view) {
    const first = view.getUint32(0);
    return first === 0 ? 32 + Math.clz32(view.getUint32(4)) : Math.clz32(first);
}

/* Begins the work of a form at once; sends the form only when it is done, or after a while without:
   then the report is taken all the same, only more slowly. */
function workFor(form) {
    const said = form.querySelector("[data-working]");
    const able = Boolean(window.crypto && crypto.subtle);
    let done = !able;
    if (!able) {
        said.textContent = said.dataset.unable;
    }
    const work = able
        ? solve(form.dataset.work, Number(form.dataset.bits), Number(form.dataset.puzzles)).then(
            (answer) => {
                form.elements.work.value = answer;
            },
            () => {},
        )
        : Promise.resolve();
    work.then(() => {
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
    said.textContent = said.dataset.waiting;

    function keep() {
        clearTimeout(timer);
        const told = new URLSearchParams(new FormData(form));
        told.delete("work");
        const body = told.toString();
        if (sent || body === last) {
            return;
        }
        last = body;
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
            })
            .catch(() => {
                last = "";
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
