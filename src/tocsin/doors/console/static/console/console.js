// The console's keys, copy buttons and live queue. Every page works without this file.
"use strict";

(() => {
    const typing = (element) =>
        element instanceof HTMLTextAreaElement ||
        element instanceof HTMLSelectElement ||
        (element instanceof HTMLInputElement && !["radio", "checkbox"].includes(element.type));

    const show = (element) => element.closest("[hidden]") === null;

    // Rows: focus itself is the cursor, so that Enter and the screen reader know it too.
    const move = (step) => {
        const rows = [...document.querySelectorAll("[data-row] a.open")];
        if (rows.length === 0) return;
        const here = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
        const next = here === -1 ? (step > 0 ? 0 : rows.length - 1) : here + step;
        const row = rows[Math.max(0, Math.min(rows.length - 1, next))];
        row.focus();
        row.scrollIntoView({ block: "nearest" });
    };

    const choose = (verdict) => {
        const radio = document.querySelector(`[data-finding] input[name=verdict][value=${verdict}]`);
        if (radio === null) return false;
        radio.checked = true;
        radio.focus();
        radio.dispatchEvent(new Event("change", { bubbles: true }));
        return true;
    };

    // Into the questions: the first answer of the first one that is asked of this finding.
    const ask = () => {
        const first = document.querySelector("[data-asked]");
        if (first === null) return false;
        first.open = true;
        const question = first.querySelector("[data-when]:not([hidden]) input");
        if (question !== null) question.focus();
        return question !== null;
    };

    // In a question its number chooses an answer: 1 is the first one after "not stated".
    const answer = (event) => {
        const question = event.target.closest ? event.target.closest("[data-when]") : null;
        if (question === null || !/^[0-9]$/.test(event.key)) return false;
        const answers = [...question.querySelectorAll("input")];
        const place = answers[0] && answers[0].value === "" ? Number(event.key) : Number(event.key) - 1;
        if (answers[place] === undefined) return false;
        answers[place].click();
        answers[place].focus();
        return true;
    };

    const help = () => {
        const dialog = document.getElementById("help");
        if (dialog === null) return;
        dialog.open ? dialog.close() : dialog.showModal();
    };

    const press = (key) => {
        const target = document.querySelector(`[data-key="${key}"]`);
        if (target === null || !show(target)) return false;
        target.click();
        return true;
    };

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
        if (answer(event)) {
            event.preventDefault();
            return;
        }
        const acts = {
            a: ask,
            j: () => move(1),
            k: () => move(-1),
            u: () => choose("unlawful"),
            n: () => choose("not_unlawful"),
            c: () => choose("cannot_tell"),
            "?": help,
        };
        const done = acts[event.key] ? acts[event.key]() : press(event.key);
        if (done !== false) event.preventDefault();
    });

    // A finding that is not unlawful has no category: what does not apply is not shown.
    const fit = (form) => {
        const verdict = form.querySelector("input[name=verdict]:checked");
        const ground = form.querySelector("input[name=ground]:checked");
        const category = form.querySelector("[data-field=category]");
        const detail = form.querySelector("[data-field=ground_detail]");
        category.hidden = verdict !== null && verdict.value !== "unlawful";
        if (category.hidden) category.querySelector("select").value = "";
        detail.hidden = ground !== null && ground.value === "none";
        const police = form.querySelector("[data-field=police]");
        if (police !== null) {
            police.hidden = category.hidden;
            if (police.hidden) police.querySelector("select").value = "";
        }
        for (const question of form.querySelectorAll("[data-when]")) {
            const when = question.dataset.when;
            question.hidden = verdict !== null && when !== "any" && when !== verdict.value;
        }
    };

    const copy = async (button) => {
        const source = document.querySelector(button.dataset.copy);
        await navigator.clipboard.writeText(source.textContent);
        const label = button.textContent;
        button.textContent = button.dataset.copied;
        button.setAttribute("aria-live", "polite");
        setTimeout(() => { button.textContent = label; }, 1600);
    };

    const dress = (root) => {
        for (const form of root.querySelectorAll("[data-finding]")) {
            fit(form);
            form.addEventListener("change", () => fit(form));
        }
        for (const button of root.querySelectorAll("[data-copy]")) {
            button.hidden = !navigator.clipboard;
            button.addEventListener("click", () => copy(button));
        }
        for (const button of root.querySelectorAll("[data-help]")) {
            button.hidden = false;
            button.addEventListener("click", help);
        }
    };

    // The queue renews itself; whoever stands on a row goes on standing there.
    let standing = null;
    document.addEventListener("htmx:beforeSwap", () => {
        const row = document.activeElement.closest("[data-row]");
        standing = row === null ? null : row.dataset.row;
    });
    document.addEventListener("htmx:afterSettle", (event) => {
        dress(event.target);
        if (event.target.id === "page") {
            event.target.focus({ preventScroll: true });
            listen();
        }
        const row = standing && document.querySelector(`[data-row="${CSS.escape(standing)}"] a.open`);
        if (row) row.focus({ preventScroll: true });
        standing = null;
    });

    const renew = () => {
        if (document.getElementById("queue") === null || document.hidden) return;
        window.htmx.trigger(document.body, "queue-changed");
    };

    let live = null;
    const listen = () => {
        const url = document.body.dataset.live;
        if (!url || live !== null || document.getElementById("queue") === null) return;
        let last = null;
        live = new EventSource(url, { withCredentials: true });
        live.addEventListener("queue", (event) => {
            if (last !== null && last !== event.data) renew();
            last = event.data;
        });
        // Without the stream (a proxy that holds it back, a stopped process): every 20 seconds.
        setInterval(() => { if (live.readyState !== EventSource.OPEN) renew(); }, 20000);
        document.addEventListener("visibilitychange", renew);
        window.addEventListener("pagehide", () => live.close());
    };

    dress(document);
    listen();
})();
