"use strict";
// What every page needs: loading parts of the data, making elements, keeping state in the address, keys.
const winnow = (() => {
  const site = JSON.parse(document.getElementById("site").textContent);
  const arrived = new Map();
  const asked = new Map();

  const PART = /^data-[0-9a-f]{12}\/[a-z]+(-\d+)?\.js$/;
  const checkPart = (path) => {
    if (!PART.test(path)) throw new TypeError(`not a part of the report: ${path}`);
    return path;
  };
  const policy = window.trustedTypes
    ? trustedTypes.createPolicy("winnow", { createScriptURL: checkPart })
    : { createScriptURL: checkPart };

  async function unpack(packed) {
    const binary = atob(packed);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  // A part of the data by its name. What is asked for twice is read once.
  function load(name) {
    if (!asked.has(name)) {
      asked.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.addEventListener("load", () => {
          const packed = arrived.get(name);
          arrived.delete(name);
          script.remove();
          if (packed === undefined) reject(new Error(`${name} holds something else`));
          else resolve(unpack(packed));
        });
        script.addEventListener("error", () => {
          script.remove();
          reject(new Error("A part of this report is not there. It may have been made again: load the page again."));
        });
        script.src = policy.createScriptURL(`${site.data}/${name}.js`);
        document.head.append(script);
      }));
    }
    return asked.get(name);
  }

  // Called by the parts as they arrive.
  function receive(name, packed) {
    arrived.set(name, packed);
  }

  // The row of a list for a document's number.
  async function row(number) {
    const part = Math.floor(number / site.rows_per_part);
    const rows = await load(`rows-${part}`);
    const place = number % site.rows_per_part;
    const one = { number };
    for (const name of Object.keys(rows)) one[name] = rows[name][place];
    return one;
  }

  // The whole document of an id, or null.
  async function whole(id) {
    const part = Math.floor((parseInt(id.slice(0, site.id_digits), 16) * site.text_parts) / 16 ** site.id_digits);
    const texts = await load(`texts-${part}`).catch(() => ({}));
    return Object.hasOwn(texts, id) ? texts[id] : null;
  }

  const isId = (id) => /^[0-9a-f]{32}$/.test(id || "");

  // An element. Children are text unless they are elements; nothing that was read is ever taken for markup.
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (/^(on|style$|srcdoc$)/i.test(name)) throw new TypeError(`no attribute for data: ${name}`);
      element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  }

  // Text from a document, kept apart from what stands around it, whichever way it runs.
  const said = (text) => make("bdi", {}, String(text));

  const nameOf = (one) =>
    one.title || `${one.source_path}${one.record ? `#${one.record}` : ""}`;

  function linkTo(one) {
    const id = one.document_id;
    return make("a", { href: isId(id) ? `document.html#id=${id}` : null }, said(nameOf(one)));
  }

  // A link out of the report, where the address is one that a person may follow; else its text.
  function outside(address) {
    let url = null;
    try {
      url = new URL(address);
    } catch {
      return said(address);
    }
    if (!["http:", "https:", "mailto:"].includes(url.protocol)) return said(address);
    return make("a", { href: url.href, rel: "noopener noreferrer nofollow", class: "outside" }, said(address));
  }

  const number = new Intl.NumberFormat("en");
  const count = (n) => number.format(n);
  const things = (n, thing) => `${count(n)} ${thing}${n === 1 ? "" : "s"}`;

  function tag(place) {
    return make("span", { class: `place ${site.places.includes(place) ? place : ""}` }, place);
  }

  const state = () => new URLSearchParams(location.hash.slice(1));

  // The state of a page in its address, without what is empty.
  function address(values) {
    const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    return `#${new URLSearchParams(kept)}`;
  }

  function keep(values) {
    history.replaceState(null, "", address(values));
  }

  function say(error) {
    const main = document.getElementById("main");
    main.querySelectorAll("[aria-busy]").forEach((element) => element.removeAttribute("aria-busy"));
    main.append(make("p", { class: "notice", role: "alert" }, String(error.message || error)));
  }

  const remember = {
    get: (name) => {
      try {
        return localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set: (name, value) => {
      try {
        localStorage.setItem(name, value);
      } catch {
        // Then it holds for this page alone.
      }
    },
  };

  // Keys of one character. They are off while something is typed, and can be turned off altogether.
  const keys = new Map();
  let keysAreOn = remember.get("winnow-keys") !== "off";
  document.addEventListener("keydown", (event) => {
    if (!keysAreOn || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = keys.get(event.key);
    if (action) {
      event.preventDefault();
      action();
    }
  });
  const onKey = (names, action) => [...names].forEach((name) => keys.set(name, action));

  function wireHead() {
    // The address holds the state of the page, so the way to the content is none of its anchors.
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("main").focus();
    });
    const query = document.getElementById("query");
    onKey("/", () => {
      query.focus();
      query.select();
    });
    document.getElementById("search").addEventListener("submit", (event) => {
      event.preventDefault();
      if (document.body.dataset.page !== "documents") location.href = `documents.html${address({ q: query.value.trim() })}`;
    });
    const switcher = document.getElementById("theme");
    const order = ["", "light", "dark"];
    const words = { "": "as the system has them", light: "light", dark: "dark" };
    const signs = { "": "◐", light: "○", dark: "●" };
    const show = (theme) => {
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      switcher.setAttribute("aria-label", `Colours: ${words[theme]}`);
      switcher.title = `Colours: ${words[theme]}`;
      switcher.textContent = signs[theme];
    };
    show(document.documentElement.dataset.theme || "");
    switcher.addEventListener("click", () => {
      const next = order[(order.indexOf(document.documentElement.dataset.theme || "") + 1) % order.length];
      show(next);
      remember.set("winnow-theme", next);
    });
    const keySwitch = document.getElementById("keys");
    const showKeys = () => {
      keySwitch.textContent = keysAreOn ? "Keys are on" : "Keys are off";
      keySwitch.setAttribute("aria-pressed", String(keysAreOn));
    };
    showKeys();
    keySwitch.addEventListener("click", () => {
      keysAreOn = !keysAreOn;
      remember.set("winnow-keys", keysAreOn ? "on" : "off");
      showKeys();
    });
  }
  wireHead();

  return { site, load, receive, row, whole, isId, make, said, nameOf, linkTo, outside, count, things, tag, state, address, keep, say, onKey };
})();
