package dev.jlava.train;

import dev.jlava.engine.Tape;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.DecoderConfig;
import dev.jlava.model.ModelShape;
import dev.jlava.model.TensorSpec;
import dev.jlava.model.VisionConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Floating-point operations of training on one sample: two for each multiplication of a matrix
/// product, nothing for what is linear in the activations. A backward pass costs a linear layer as
/// much again for its input, and as much again for its weight where that trains; `recompute` adds a
/// forward pass.
///
/// @param adapters at work on each part that has any; the last is the one that trains
/// @param trained the parts that train
record StepFlops(
    ModelShape shape,
    Map<String, List<AdapterLayout>> adapters,
    Set<String> trained,
    Tape.Activations activations) {

  /// Operations for a sample with these mean sizes.
  double ofSample(double textTokens, double images) {
    return vision(images) + projector(images) + decoder(textTokens, images);
  }

  private double vision(double images) {
    VisionConfig c = shape.vision();
    double rows = c.sequenceLength();
    double width = c.hiddenSize();
    double patches = 2.0 * c.numPatches() * 3 * c.patchSize() * c.patchSize() * width;
    double layers = (double) shape.visionLayers() / c.numHiddenLayers();
    double attention = 4 * rows * rows * width * shape.visionLayers();
    double forward = patches + 2 * rows * weights("vision") * layers;
    boolean recorded = trained.contains("vision");
    return images * passes("vision", recorded, forward, attention, layers * rows);
  }

  private double projector(double images) {
    boolean recorded = trained.contains("vision") || trained.contains("projector");
    double rows = shape.tokensPerImage();
    return images * passes("projector", recorded, 2 * rows * weights("projector"), 0, rows);
  }

  private double decoder(double textTokens, double images) {
    DecoderConfig c = shape.decoder();
    double rows = textTokens + images * shape.tokensPerImage();
    double queries = (double) c.numAttentionHeads() * c.headDim();
    double attention = 2 * rows * rows * queries * c.numHiddenLayers();
    double layers = passes("decoder", true, 2 * rows * weights("decoder"), attention, rows);
    // The head reads rows with a label: at most the text.
    double head = 2 * textTokens * c.vocabSize() * c.hiddenSize();
    return layers + head * (trainsWhole("decoder") ? 3 : 2);
  }

  private double passes(
      String part, boolean recorded, double linears, double attention, double rows) {
    List<AdapterLayout> beside = adapters.getOrDefault(part, List.of());
    double low = beside.stream().mapToDouble(a -> 2 * rows * a.numElements()).sum();
    double own = beside.isEmpty() ? 0 : 2 * rows * beside.getLast().numElements();
    double forward = linears + attention + low;
    if (!recorded) {
      return forward;
    }
    double again = activations == Tape.Activations.RECOMPUTE ? forward : 0;
    double weightGradients = trainsWhole(part) ? linears : trained.contains(part) ? own : 0;
    return forward + again + linears + low + 2 * attention + weightGradients;
  }

  private boolean trainsWhole(String part) {
    return trained.contains(part) && !adapters.containsKey(part);
  }

  /// Elements of a part's linear layers.
  private double weights(String part) {
    return shape.linearLayers(part).values().stream().mapToLong(TensorSpec::numElements).sum();
  }
}
