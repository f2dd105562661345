import { WORDS } from "/page/words.js";

const at = (id) => document.getElementById(id);
const RATE = 48000;
let words, context, player, analyser, asking, began;

function speakLanguage(language) {
  words = WORDS[language] || WORDS.en;
  document.documentElement.lang = at("language").value = language;
  for (const each of document.querySelectorAll("[data-word]")) {
    each.textContent = words[each.dataset.word];
  }
}

async function ask(path, method = "GET", body, signal) {
  const headers = { "Content-Type": "application/json" };
  if (at("token").value) headers.Authorization = `Bearer ${at("token").value}`;
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error(words.Offline);
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  if (problem.title === "NotAuthorized") at("token-row").hidden = false;
  throw new Error(words[problem.title] || `${words.Other} ${problem.detail}`);
}

async function openSound() {
  if (context) return context.resume();
  context = new AudioContext({ sampleRate: RATE });
  await context.audioWorklet.addModule("/page/player.js");
  player = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [1] });
  analyser = context.createAnalyser();
  player.connect(analyser).connect(context.destination);
  player.port.onmessage = () => { at("first").value = `${Math.round(performance.now() - began)} ms`; };
  draw();
}

function draw() {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  at("level").value = samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const { width, height } = at("wave");
  const pen = at("wave").getContext("2d");
  pen.clearRect(0, 0, width, height);
  pen.strokeStyle = getComputedStyle(document.body).color;
  pen.beginPath();
  samples.forEach((each, i) => pen.lineTo((i / samples.length) * width, (1 - each) * height / 2));
  pen.stroke();
  requestAnimationFrame(draw);
}

async function speak() {
  silence();
  asking = new AbortController();
  began = performance.now();
  const body = { text: at("text").value, stream: true, format: "pcm", sample_rate: RATE };
  for (const id of ["voice", "style"]) if (at(id).value) body[id] = at(id).value;
  for (const id of ["length_scale", "pitch_scale", "volume"]) body[id] = Number(at(id).value);
  await openSound();
  const answer = await ask("/synthesize", "POST", body, asking.signal);
  showReading().catch(complain);
  const reader = answer.body.getReader();
  let rest = new Uint8Array();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const bytes = new Uint8Array([...rest, ...piece.value]);
    const even = bytes.length & ~1;
    rest = bytes.slice(even);
    player.port.postMessage(Float32Array.from(new Int16Array(bytes.buffer, 0, even / 2), (s) => s / 32768));
  }
}

function silence() {
  asking?.abort();
  player?.port.postMessage(null);
}

async function showReading() {
  const answer = await ask("/reading", "POST", { text: at("text").value });
  const sentences = await answer.json();
  at("phones").textContent = sentences.map((each) => each.phones.join(" ")).join(" ");
  at("phrases").replaceChildren(...sentences.flatMap((each) => each.phrases).map(phraseBox));
}

function phraseBox(phrase) {
  const box = document.createElement("div");
  box.className = "phrase";
  box.append(phrase.surface, document.createElement("br"));
  phrase.morae.forEach((mora, i) => {
    const button = document.createElement("button");
    const high = i === 0 ? phrase.accent === 1 : !phrase.accent || i < phrase.accent;
    button.className = `mora${high ? " high" : ""}${i + 1 === phrase.accent ? " fall" : ""}`;
    button.textContent = mora;
    button.onclick = () => save(phrase, i + 1 === phrase.accent ? 0 : i + 1).catch(complain);
    box.append(button);
  });
  return box;
}

async function save({ surface, reading }, accent) {
  await ask("/dictionary", "PUT", { surface, reading, accent });
  at("error").textContent = words.saved;
  await showReading();
}

async function showVoices() {
  const voices = await (await ask("/voices")).json();
  const chosen = at("voice").value || voices.find((each) => each.default)?.name;
  at("voice").replaceChildren(...voices.filter((v) => v.loaded).map((v) => new Option(v.name, v.name)));
  at("voice").value = chosen;
  const styles = () => voices.find((v) => v.name === at("voice").value)?.styles || [];
  const showStyles = () => at("style").replaceChildren(...styles().map((s) => new Option(s, s)));
  at("voice").onchange = showStyles;
  showStyles();
  at("voices").replaceChildren(...voices.map(voiceLine));
}

function voiceLine(voice) {
  const line = document.createElement("li");
  line.append(`${voice.name} – ${voice.problem || (voice.loaded ? words.loaded : "")} `);
  if (!voice.loaded && !voice.problem) {
    const button = document.createElement("button");
    button.textContent = words.load;
    const path = `/voices/${encodeURIComponent(voice.name)}/load`;
    button.onclick = () => ask(path, "POST").then(showVoices).catch(complain);
    line.append(button);
  }
  return line;
}

function complain(error) {
  if (error.name !== "AbortError") at("error").textContent = error.message;
}

speakLanguage((navigator.language || "en").slice(0, 2) in WORDS ? navigator.language.slice(0, 2) : "en");
at("language").onchange = () => { speakLanguage(at("language").value); showVoices().catch(complain); };
at("stop").onclick = silence;
at("token").onchange = () => showVoices().catch(complain);
at("say").onsubmit = (event) => {
  event.preventDefault();
  at("error").textContent = "";
  speak().catch(complain);
};
showVoices().catch(complain);
