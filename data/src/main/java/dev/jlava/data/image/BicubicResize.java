package dev.jlava.data.image;

import java.util.Arrays;

/// Pillow's bicubic resize, bit for bit: a horizontal and a vertical pass over 8-bit pixels with
/// 22-bit fixed-point weights, each rounded to 8 bits.
///
/// Both passes are one kernel, a weighted sum of whole lines, for which the horizontal pass turns
/// the image on its side. Lines hold 8-bit values as floats: HotSpot makes vector instructions of
/// the kernel when inputs and sums are arrays of different types, but not when bytes are widened.
final class BicubicResize {
  private static final int CHANNELS = RgbImage.CHANNELS;
  private static final int TILE = 32;

  private BicubicResize() {}

  /// The `part`, from `left` and `top` on, of the canvas resized to `full`; nothing outside of it
  /// is computed.
  static RgbImage resize(
      Canvas canvas, ResizeRule.Exact full, int left, int top, ResizeRule.Exact part) {
    if (verticalFirst(canvas, full)) {
      return acrossThenDown(canvas.transposed(), full.transposed(), top, left, part.transposed())
          .transposed();
    }
    return acrossThenDown(canvas, full, left, top, part);
  }

  /// Which pass Pillow 13 begins with, as found by trying sizes: the vertical one where it shrinks
  /// the image by more than twice what the horizontal one would. (Earlier versions always begin
  /// with the horizontal one; the images differ by rounding.)
  private static boolean verticalFirst(Canvas canvas, ResizeRule.Exact full) {
    int shrinkDown = canvas.height() - full.height();
    int shrinkAcross = canvas.width() - full.width();
    return shrinkDown > 0 && shrinkDown > 2L * shrinkAcross;
  }

  private static RgbImage acrossThenDown(
      Canvas canvas, ResizeRule.Exact full, int left, int top, ResizeRule.Exact part) {
    var across = ResampleWeights.of(canvas.width(), full.width(), left, part.width());
    var down = ResampleWeights.of(canvas.height(), full.height(), top, part.height());
    float[] rows = resizeRows(canvas, across, down.begin(), down.end());
    float[] result = new float[CHANNELS * part.width() * part.height()];
    weigh(rows, down.begin(), 1, CHANNELS * part.width(), down, result);
    return new RgbImage(part.width(), part.height(), bytes(result));
  }

  /// Rows `[begin, end)` of the canvas after the horizontal pass, `[rows × width × 3]`. A row of
  /// one colour stays so, since the weights of an output sum to one within rounding.
  private static float[] resizeRows(Canvas canvas, ResampleWeights across, int begin, int end) {
    RgbImage image = canvas.image();
    int first = Math.max(begin, canvas.top());
    int rows = Math.min(end, canvas.top() + image.height()) - first;
    float[] columns = columns(canvas, first - canvas.top(), rows);
    int length = CHANNELS * across.first().length;
    float[] resized = new float[length * rows];
    weigh(columns, 0, CHANNELS, rows, across, resized);
    float[] result = new float[length * (end - begin)];
    fill(result, 0, length * (first - begin), canvas.colour());
    transpose(resized, length, rows, result, length * (first - begin));
    fill(result, length * (first + rows - begin), result.length, canvas.colour());
    return result;
  }

  private static void fill(float[] pixels, int begin, int end, int[] colour) {
    for (int i = begin; i < end; i++) {
      pixels[i] = colour[i % CHANNELS];
    }
  }

  /// `[canvas width × 3 × rows]`: the image's rows from `firstRow` on, on their side.
  private static float[] columns(Canvas canvas, int firstRow, int rows) {
    int imageColumns = CHANNELS * canvas.image().width();
    int start = CHANNELS * canvas.left() * rows;
    float[] columns = new float[CHANNELS * canvas.width() * rows];
    for (int c = 0; c < CHANNELS * canvas.width(); c++) {
      if (c * rows < start || c * rows >= start + imageColumns * rows) {
        Arrays.fill(columns, c * rows, (c + 1) * rows, canvas.colour()[c % CHANNELS]);
      }
    }
    transpose(canvas.image().rgb(), firstRow, rows, imageColumns, columns, start);
    return columns;
  }

  /// Output `o` is the weighted sum of its inputs, of which the first `skipped` are not there. An
  /// input or output is `bands` lines of `length` values.
  private static void weigh(
      float[] in, int skipped, int bands, int length, ResampleWeights weights, float[] out) {
    int[] sums = new int[length];
    int stride = bands * length;
    for (int line = 0; line < weights.first().length * bands; line++) {
      int output = line / bands;
      int start = (weights.first()[output] - skipped) * stride + line % bands * length;
      int weight = output * weights.taps();
      int count = weights.count()[output];
      Arrays.fill(sums, 1 << (ResampleWeights.PRECISION_BITS - 1));
      int t = 0;
      for (; t + 4 <= count; t += 4) {
        addFour(in, start + t * stride, stride, weights.weights(), weight + t, sums);
      }
      for (; t < count; t++) {
        addOne(in, start + t * stride, weights.weights()[weight + t], sums);
      }
      round(sums, out, line * length);
    }
  }

  private static void addFour(float[] in, int start, int stride, int[] weights, int w, int[] sums) {
    int w0 = weights[w];
    int w1 = weights[w + 1];
    int w2 = weights[w + 2];
    int w3 = weights[w + 3];
    int start1 = start + stride;
    int start2 = start1 + stride;
    int start3 = start2 + stride;
    for (int i = 0; i < sums.length; i++) {
      sums[i] +=
          ((int) in[start + i]) * w0
              + ((int) in[start1 + i]) * w1
              + ((int) in[start2 + i]) * w2
              + ((int) in[start3 + i]) * w3;
    }
  }

  private static void addOne(float[] in, int start, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += ((int) in[start + i]) * weight;
    }
  }

  private static void round(int[] sums, float[] out, int start) {
    for (int i = 0; i < sums.length; i++) {
      out[start + i] = Math.max(0, Math.min(255, sums[i] >> ResampleWeights.PRECISION_BITS));
    }
  }

  private static byte[] bytes(float[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (int) values[i];
    }
    return bytes;
  }

  /// Rows from `firstRow` on of `in`, `[… × columns]`, as `[columns × rows]`.
  private static void transpose(
      byte[] in, int firstRow, int rows, int columns, float[] out, int outStart) {
    for (int tile = 0; tile < rows; tile += TILE) {
      int end = Math.min(tile + TILE, rows);
      for (int column = 0; column < columns; column++) {
        for (int row = tile; row < end; row++) {
          out[outStart + column * rows + row] = in[(firstRow + row) * columns + column] & 0xFF;
        }
      }
    }
  }

  /// `[rows × columns]` as `[columns × rows]`.
  private static void transpose(float[] in, int rows, int columns, float[] out, int outStart) {
    for (int tile = 0; tile < rows; tile += TILE) {
      int end = Math.min(tile + TILE, rows);
      for (int column = 0; column < columns; column++) {
        for (int row = tile; row < end; row++) {
          out[outStart + column * rows + row] = in[row * columns + column];
        }
      }
    }
  }
}
