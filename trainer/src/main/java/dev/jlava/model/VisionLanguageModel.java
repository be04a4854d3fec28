package dev.jlava.model;

import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// LLaVA (Liu et al. 2023; LlavaForConditionalGeneration): a vision tower, a projector, and a
/// decoder that reads projected image features in the place of `<image>` marks.
public final class VisionLanguageModel implements LanguageModel {
  private final VisionTransformer vision;
  private final Projector projector;
  private final LlamaDecoder decoder;
  private final VisionFeatures features;
  private final ScalarType type;

  /// @param type dtype of weights and activations
  public VisionLanguageModel(
      VisionTransformer vision,
      Projector projector,
      LlamaDecoder decoder,
      VisionFeatures features,
      ScalarType type) {
    this.vision = vision;
    this.projector = projector;
    this.decoder = decoder;
    this.features = features;
    this.type = type;
  }

  public VisionTransformer vision() {
    return vision;
  }

  public Projector projector() {
    return projector;
  }

  @Override
  public LlamaDecoder decoder() {
    return decoder;
  }

  /// What the projector reads of the tower.
  public VisionFeatures features() {
    return features;
  }

  @Override
  public ScalarType type() {
    return type;
  }

  /// The three parts in the order of the data.
  @Override
  public List<Part> parts() {
    return List.of(vision.part(), projector.part(), decoder.part());
  }

  @Override
  public int tokensPerImage() {
    return features.tokens(vision.config());
  }

  /// Forward and backward of one micro-batch. Gradients, multiplied by `scale`, go to the tape's
  /// sink.
  ///
  /// @return the summed loss over the batch's L targets
  public float train(Tape tape, PackedBatch batch, double scale) {
    Ops ops = tape.ops();
    Tensor x = embed(tape, batch); // [T, D]
    Tensor rows = ops.engine().indices(ops.scope(), batch.lossRows());
    PackedAttention attention = new PackedAttention(ops, decoder.config(), batch);
    Tensor h = tape.run(decoder.layers(attention, rows), x); // [L, D]
    h = tape.run(decoder.norm(), h);
    Tensor targets = ops.engine().indices(ops.scope(), batch.targets());
    Parameter head = decoder.head();
    List<Tensor> dHead = tape.trains(head) ? List.of(tape.sink().buffer(ops, head)) : List.of();
    List<Tensor> loss = ops.crossEntropy(h, head.value(), targets, scale, dHead);
    if (tape.trains(head) && head != decoder.embedding()) {
      tape.link((o, gradient) -> {
        tape.sink().filled(o, head);
        return gradient;
      });
    }
    tape.backward(loss.get(1));
    return loss.getFirst().item();
  }

  /// Token embeddings with the images' features in their rows: [T, D].
  @Override
  public Tensor embed(Tape tape, PackedBatch batch) {
    Ops ops = tape.ops();
    Splice splice = Splice.of(ops, batch);
    Parameter embedding = decoder.embedding();
    try (Scope temporary = new Scope()) {
      Tensor x = ops.in(temporary).rows(embedding.value(), splice.ids());
      if (!batch.pixels().isEmpty()) {
        Tensor seen = tape.timed(Tape.Phase.VISION, () -> visionFeatures(tape, batch.pixels()));
        Tensor images = tape.run(projector, seen); // [N·P, D]
        x = ops.in(temporary).putRows(x, splice.imageRows(), images);
      }
      if (tape.trains(embedding) || tape.gradientWanted()) {
        boolean below = tape.gradientWanted();
        tape.link((o, g) -> splice.backward(o, tape, embedding, below, g));
      }
      return ops.scope().adopt(x);
    }
  }

  /// Hidden states of the vision tower that the projector reads: [N·P, D of the tower].
  private Tensor visionFeatures(Tape tape, List<float[]> pixels) {
    Ops ops = tape.ops();
    Tensor x = pixels(ops, pixels);
    Tensor states = vision.forward(tape, x, features.layer()); // [N, P(+1), D]
    return tape.run(features.select(vision.config()), states);
  }

  /// Pixels [N, 3, h, w] in the model's dtype.
  private Tensor pixels(Ops ops, List<float[]> pixels) {
    int side = vision.config().imageSize();
    float[] all = new float[pixels.size() * 3 * side * side];
    for (int i = 0; i < pixels.size(); i++) {
      float[] one = pixels.get(i);
      if (one.length != 3 * side * side) {
        throw new IllegalStateException(
            one.length + " pixel values for an image of 3 x " + side + " x " + side);
      }
      System.arraycopy(one, 0, all, i * one.length, one.length);
    }
    try (Scope temporary = new Scope()) {
      Tensor x = ops.engine().tensor(temporary, all, pixels.size(), 3, side, side);
      return ops.toType(x, type);
    }
  }

  /// Which rows of the stream are text, which are images, and what to look up.
  private record Splice(Tensor ids, Tensor imageRows, Tensor textRows, Tensor textIds) {

    static Splice of(Ops ops, PackedBatch batch) {
      int[] ids = batch.ids();
      int[] textRows =
          IntStream.range(0, ids.length).filter(t -> ids[t] != Example.IMAGE).toArray();
      int[] looked = Arrays.stream(ids).map(id -> id == Example.IMAGE ? 0 : id).toArray();
      int[] textIds = Arrays.stream(textRows).map(t -> ids[t]).toArray();
      Scope scope = ops.scope();
      return new Splice(
          ops.engine().indices(scope, looked),
          ops.engine().indices(scope, batch.imageRows()),
          ops.engine().indices(scope, textRows),
          ops.engine().indices(scope, textIds));
    }

    private @Nullable Tensor backward(
        Ops ops, Tape tape, Parameter embedding, boolean below, Tensor gradient) {
      if (tape.trains(embedding)) {
        try (Scope temporary = new Scope()) {
          Tensor rows = ops.in(temporary).rows(gradient, textRows);
          ops.addRows(tape.sink().buffer(ops, embedding), textIds, rows);
          tape.sink().filled(ops, embedding);
        }
      }
      return below ? ops.rows(gradient, imageRows) : null;
    }
  }
}
