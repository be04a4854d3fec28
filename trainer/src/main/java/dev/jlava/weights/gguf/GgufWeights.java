package dev.jlava.weights.gguf;

import dev.jlava.weights.Dtype;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import dev.jlava.weights.WeightsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The tensors of GGUF files under Hugging Face's names, in the order of its rows; quantised ones
/// are decoded to fp32 one by one, when they are asked for.
public final class GgufWeights {
  /// Computed tables, which are part of the description.
  private static final String ROPE_FACTORS = "rope_freqs.weight";

  private final GgufFile file;
  private final Map<String, TensorEntry> entries = new TreeMap<>();
  private final List<String> unknown = new ArrayList<>();

  private GgufWeights(GgufFile file) {
    this.file = file;
  }

  /// Opens a decoder, an mmproj file, or both.
  @SuppressWarnings("MustBeClosedChecker") // The arena ends with the WeightFiles.
  public static WeightFiles open(List<Path> paths) {
    Arena arena = Arena.ofShared();
    try {
      Map<String, TensorEntry> all = new TreeMap<>();
      for (Path path : paths) {
        all.putAll(new GgufWeights(GgufFile.read(path, arena)).read());
      }
      return new WeightFiles(arena, all);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private Map<String, TensorEntry> read() {
    boolean clip = file.architecture().equals(GgufConfig.CLIP);
    for (GgufTensor tensor : file.tensors().values()) {
      if (!tensor.name().equals(ROPE_FACTORS)) {
        Optional<String> name = clip ? ofMmproj(tensor) : ofDecoder(tensor);
        name.ifPresentOrElse(n -> add(n, tensor), () -> unknown.add(tensor.name()));
      }
    }
    if (!unknown.isEmpty()) {
      throw new WeightsException(
          "%s: tensors of no model that JLaVA knows: %s (expected those of a decoder of the LLaMA family, or of a vision tower with LLaVA's projector)"
              .formatted(file.metadata().file(), GgufFile.some(unknown)));
    }
    if (clip) {
      addLastNorm();
    }
    return entries;
  }

  private Optional<String> ofMmproj(GgufTensor tensor) {
    return GgufNames.visionInHuggingFace(tensor.name(), GgufConfig.namesMlpAsNewer(file))
        .or(() -> GgufNames.projectorInHuggingFace(tensor.name()));
  }

  private static Optional<String> ofDecoder(GgufTensor tensor) {
    return GgufNames.decoderInHuggingFace(tensor.name());
  }

  private void add(String name, GgufTensor tensor) {
    Dtype dtype =
        switch (tensor.type()) {
          case F16 -> Dtype.F16;
          case BF16 -> Dtype.BF16;
          case F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> Dtype.F32;
        };
    long heads = pairedHeads(tensor.name());
    entries.put(
        name,
        new TensorEntry(
            name,
            dtype,
            tensor.shape(),
            arena -> decoded(tensor, heads, arena),
            file.metadata().file(),
            new TensorEntry.Stored(tensor.type().name(), tensor.blocks().byteSize())));
  }

  /// Heads of a query or key whose rows have another order here; 0 for all else.
  private long pairedHeads(String name) {
    if (!file.architecture().equals(GgufConfig.LLAMA)) {
      return 0;
    }
    return name.matches("blk\\.\\d+\\.attn_q\\..*")
        ? GgufConfig.heads(file)
        : name.matches("blk\\.\\d+\\.attn_k\\..*") ? GgufConfig.keyValueHeads(file) : 0;
  }

  private static MemorySegment decoded(GgufTensor tensor, long heads, Arena arena) {
    MemorySegment rows = tensor.blocks();
    if (heads > 0) {
      rows = HeadRows.apart(rows, tensor.shape()[0], heads, arena);
    }
    return switch (tensor.type()) {
      case F32, F16, BF16 -> rows;
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
          Blocks.decode(tensor.type(), rows, arena);
    };
  }

  /// The norm behind the tower's layers, which LLaVA never reads and mmproj files leave out: one
  /// that changes nothing takes its place, so that the tower is whole where it is written again.
  private void addLastNorm() {
    long width = file.metadata().integer("clip.vision.embedding_length");
    for (String kind : List.of("weight", "bias")) {
      String name = "vision_model.post_layernorm." + kind;
      float value = kind.equals("weight") ? 1 : 0;
      entries.computeIfAbsent(
          name,
          n ->
              new TensorEntry(
                  n,
                  Dtype.F32,
                  new long[] {width},
                  arena -> filled(arena, width, value),
                  file.metadata().file(),
                  new TensorEntry.Stored(Dtype.F32.name(), 0)));
    }
  }

  private static MemorySegment filled(Arena arena, long count, float value) {
    MemorySegment all = arena.allocate(count * Float.BYTES, Float.BYTES);
    for (long i = 0; i < count; i++) {
      all.set(Bits.FLOAT, i * Float.BYTES, value);
    }
    return all;
  }
}
