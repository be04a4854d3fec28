package dev.jlava.train;

import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.DecoderConfig;
import dev.jlava.model.ModelShape;
import dev.jlava.model.TensorSpec;
import dev.jlava.model.VisionConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// An estimate of the activations that [Tape] holds at most for one micro-batch, tensor by tensor
/// as autograd saves them in the segments of this package's models:
///
/// - a linear layer saves its input if its weight trains; with a trained adapter it saves the input
///   (with dropout a copy and the mask, one byte an element) and A·x, where a CPU multiplies bf16
///   in fp32 also both in fp32; DoRA two outputs more;
/// - an RMS norm saves its input;
/// - attention saves turned q and k, v and its output, and fp32 statistics for each head; apart
///   from autograd q, k and v alone;
/// - the gated MLP saves gate, silu(gate) and up;
/// - every segment keeps its output, which is the next one's input.
///
/// `keep` holds this for all segments from the lowest trained one on; `recompute` their inputs, and
/// all of it for one segment at a time. To either comes what the running segment needs besides.
/// Measured peaks of an eight-layer decoder (whole, LoRA, DoRA; fp32 and bf16; both modes) lie
/// within a tenth of it. The last layer computes only rows with a label and is counted like the
/// others.
///
/// @param adapters at work on each part that has any
/// @param trained the parts that train
/// @param cpuProducts the dtype in which a CPU multiplies; none of a GPU
/// @param tokens positions of the micro-batch, images included
/// @param images how many it has
record ActivationBytes(
    ModelShape shape,
    Map<String, List<AdapterLayout>> adapters,
    Set<String> trained,
    Optional<ScalarType> cpuProducts,
    ScalarType type,
    long tokens,
    long images) {

  private static final long FP32 = ScalarType.F32.bytes();

  /// Bytes of one segment.
  ///
  /// @param kept what autograd saves, the output included
  /// @param input what `recompute` keeps
  /// @param work what it needs besides while it runs
  private record Segment(long kept, long input, long work) {}

  long of(Tape.Activations activations) {
    List<Segment> recorded = new ArrayList<>();
    long free = vision(recorded);
    projector(recorded);
    decoder(recorded);
    long outside = spliced();
    long kept = outside;
    long largest = 0;
    for (Segment s : recorded) {
      switch (activations) {
        case KEEP -> {
          kept += s.kept();
          largest = Math.max(largest, s.work());
        }
        case RECOMPUTE -> {
          kept += s.input();
          largest = Math.max(largest, s.kept() + s.work());
        }
      }
    }
    return Math.max(free, kept + largest);
  }

  private boolean trainsWhole(String part) {
    return trained.contains(part) && !adapters.containsKey(part);
  }

  private boolean widens() {
    return cpuProducts.filter(products -> products != type).isPresent();
  }

  private long elements(long rows, long width) {
    return type.bytes() * rows * width;
  }

  /// @return the work of a tower that is not recorded
  private long vision(List<Segment> recorded) {
    VisionConfig c = shape.vision();
    long rows = images * c.sequenceLength();
    long x = elements(rows, c.hiddenSize());
    long wide = elements(rows, c.intermediateSize());
    long work = 10 * x + 2 * wide + beside("vision", rows) / shape.visionLayers();
    if (!trained.contains("vision")) {
      return work;
    }
    if (trainsWhole("vision")) {
      long patches = elements(images * c.numPatches(), 3L * c.patchSize() * c.patchSize());
      recorded.add(new Segment(patches + 2 * x, patches, x));
    }
    boolean sigmoid = c.hiddenAct().equals("quick_gelu");
    for (int i = 0; i < shape.visionLayers(); i++) {
      String layer = "vision_model.encoder.layers." + i + ".";
      long kept =
          linear("vision", rows, layer, "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
              + linear("vision", rows, layer, "self_attn.out_proj")
              + linear("vision", rows, layer, "mlp.fc1")
              + linear("vision", rows, layer, "mlp.fc2")
              // q, k, v; x + attention; the layer's output.
              + 5 * x
              + (sigmoid ? 2 : 1) * wide;
      recorded.add(new Segment(kept, x, work));
    }
    return 0;
  }

  private void projector(List<Segment> recorded) {
    if (recorded.isEmpty() && !trained.contains("projector")) {
      return;
    }
    long rows = images * shape.tokensPerImage();
    long y = elements(rows, shape.decoder().hiddenSize());
    long kept = y;
    for (int i = 1; i <= shape.projectorLayers(); i++) {
      kept += linear("projector", rows, "linear_", String.valueOf(i)) + (i > 1 ? y : 0);
    }
    recorded.add(new Segment(kept, elements(rows, shape.vision().hiddenSize()), 2 * y));
  }

  private void decoder(List<Segment> recorded) {
    DecoderConfig c = shape.decoder();
    long x = elements(tokens, c.hiddenSize());
    long queries = elements(tokens, (long) c.numAttentionHeads() * c.headDim());
    long keys = elements(tokens, (long) c.numKeyValueHeads() * c.headDim());
    long wide = elements(tokens, c.intermediateSize());
    long statistics = FP32 * tokens * (c.numAttentionHeads() + 2L * c.headDim());
    boolean apart = cpuProducts.equals(Optional.of(ScalarType.BF16)); // Ops.attentionApart
    long attention = apart ? queries + 2 * keys : 2 * queries + 2 * keys + statistics;
    long work = 3 * x + queries + keys + 3 * wide + beside("decoder", tokens) / c.numHiddenLayers();
    for (int i = 0; i < c.numHiddenLayers(); i++) {
      String layer = "model.layers." + i + ".";
      long linears =
          linear(
                  "decoder",
                  tokens,
                  layer,
                  "self_attn.q_proj",
                  "self_attn.k_proj",
                  "self_attn.v_proj")
              + linear("decoder", tokens, layer, "self_attn.o_proj")
              + linear("decoder", tokens, layer, "mlp.gate_proj", "mlp.up_proj")
              + linear("decoder", tokens, layer, "mlp.down_proj");
      if (recorded.isEmpty() && linears == 0) {
        continue;
      }
      // x + attention, which the second norm reads; the segment's output.
      long kept = linears + attention + 3 * wide + 2 * x;
      recorded.add(new Segment(kept, x, work));
    }
    recorded.add(new Segment(x, x, x));
  }

  /// What the step holds between tower and decoder: the tower's states and features, the stream.
  private long spliced() {
    long width = shape.vision().hiddenSize();
    return elements(images * shape.vision().sequenceLength(), width)
        + elements(images * shape.tokensPerImage(), width)
        + elements(tokens, shape.decoder().hiddenSize());
  }

  /// What the adapters of a part compute beside its layers: B·A·x, and that scaled.
  private long beside(String part, long rows) {
    return adapters.getOrDefault(part, List.of()).stream()
        .flatMap(adapter -> adapter.layers().values().stream())
        .mapToLong(w -> 2 * elements(rows, w.shape()[0]))
        .sum();
  }

  /// What linear layers that read one tensor save.
  private long linear(String part, long rows, String prefix, String... layers) {
    Map<String, TensorSpec> weights = shape.linearLayers(part);
    List<AdapterLayout> beside = adapters.getOrDefault(part, List.of());
    long bytes = 0;
    long input = 0;
    for (String layer : layers) {
      TensorSpec weight = Objects.requireNonNull(weights.get(prefix + layer), prefix + layer);
      long in = elements(rows, weight.shape()[1]);
      if (!trained.contains(part)) {
        continue;
      }
      if (beside.isEmpty() || beside.stream().anyMatch(a -> a.whole().contains(weight))) {
        input = in;
        continue;
      }
      for (AdapterLayout adapter : beside) {
        if (adapter.layers().containsKey(prefix + layer)) {
          long r = adapter.settings().r();
          bytes += elements(rows, r);
          bytes += widens() ? FP32 * rows * (weight.shape()[1] + r) : 0;
          bytes += adapter.settings().dora() ? 2 * elements(rows, weight.shape()[0]) : 0;
          if (adapter.settings().dropout() > 0) {
            bytes += in + rows * weight.shape()[1];
          } else {
            input = in;
          }
        }
      }
    }
    return bytes + input;
  }
}
