/** Repeatable random numbers (xorshift128, Marsaglia 2003): the same seed gives the same models and facts on every machine. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    [this.a, this.b, this.c, this.d] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 0xb7e15162 | 0];
    for (let i = 0; i < 32; i++) this.bits();
  }

  /** 32 random bits. */
  bits(): number {
    const t = this.a ^ (this.a << 11);
    this.a = this.b;
    this.b = this.c;
    this.c = this.d;
    this.d = (this.d ^ (this.d >>> 19) ^ t ^ (t >>> 8)) | 0;
    return this.d >>> 0;
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + (this.bits() % (to - from + 1));
  }

  /**
   * Fills an array with normal deviates of this standard deviation: draws from a table, for half a billion bytes should take a second or
   * two.
   */
  normals(into: Float32Array, deviation: number): void {
    for (let i = 0; i + 1 < into.length; i += 2) {
      const bits = this.bits();
      into[i] = TABLE[bits >>> 16]! * deviation;
      into[i + 1] = TABLE[bits & 0xffff]! * deviation;
    }
    if (into.length % 2 === 1) into[into.length - 1] = TABLE[this.bits() >>> 16]! * deviation;
  }
}

/** 65536 normal deviates (Box and Muller 1958) on an even grid of angles and radii, all different. */
const TABLE = Float32Array.from({ length: 65536 }, (_, i) => {
  const radius = Math.sqrt(-2 * Math.log(((i >>> 8) + 0.5) / 256));
  return radius * Math.cos((2 * Math.PI * ((i & 255) + (i >>> 8) / 256 + 0.25)) / 256);
});
