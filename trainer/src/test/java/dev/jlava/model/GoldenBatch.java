package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.testing.GoldenTensors;
import java.util.ArrayList;
import java.util.List;

/// The batch of a golden decoder case without its padding.
final class GoldenBatch {
  private GoldenBatch() {}

  static PackedBatch of(GoldenTensors golden) {
    long[] shape = golden.shape("input_ids");
    long[] ids = golden.longs("input_ids");
    long[] mask = golden.longs("attention_mask");
    long[] labels = golden.longs("labels");
    List<Integer> flat = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    List<Integer> starts = new ArrayList<>(List.of(0));
    List<Integer> rows = new ArrayList<>();
    List<Integer> targets = new ArrayList<>();
    int width = (int) shape[1];
    for (int n = 0; n < shape[0]; n++) {
      int position = 0;
      for (int t = 0; t < width; t++) {
        int at = n * width + t;
        if (mask[at] == 0) {
          continue;
        }
        if (t + 1 < width && mask[at + 1] == 1 && labels[at + 1] != -100) {
          rows.add(flat.size());
          targets.add((int) labels[at + 1]);
        }
        flat.add((int) ids[at]);
        positions.add(position++);
      }
      starts.add(flat.size());
    }
    return new PackedBatch(
        ints(flat),
        ints(positions),
        ints(starts),
        new int[0],
        ints(rows),
        ints(targets),
        List.of(),
        List.of());
  }

  private static int[] ints(List<Integer> all) {
    return all.stream().mapToInt(Integer::intValue).toArray();
  }
}
