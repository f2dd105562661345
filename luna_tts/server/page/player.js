// Plays what it is sent, in order; tells when the first sound leaves it.
class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.waiting = [];
    this.at = 0;
    this.sounded = false;
    this.port.onmessage = ({ data }) => {
      if (data) this.waiting.push(data);
      else { this.waiting = []; this.at = 0; this.sounded = false; }
    };
  }

  process(_, [[out]]) {
    for (let i = 0; i < out.length && this.waiting.length; i++) {
      out[i] = this.waiting[0][this.at++];
      if (!this.sounded && Math.abs(out[i]) > 0.01) {
        this.sounded = true;
        this.port.postMessage("sound");
      }
      if (this.at >= this.waiting[0].length) { this.waiting.shift(); this.at = 0; }
    }
    return true;
  }
}
registerProcessor("player", Player);
