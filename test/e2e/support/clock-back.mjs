/** Loaded before the service: its clock stands `CLOCK_BACK_MS` behind, in every thread. */
const back = Number(process.env['CLOCK_BACK_MS']);
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length === 0 ? [Real.now() - back] : given));
  }
  static now() {
    return Real.now() - back;
  }
};
