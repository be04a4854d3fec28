package dev.jlava.model;

import static dev.jlava.model.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DecoderGoldenTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"llama/mha", "llama/gqa_tied_llama3", "llama/linear_rope", "qwen2", "mistral"})
  void lossAndGradientsAreHuggingFaces(String name) {
    for (Tape.Activations activations : Tape.Activations.values()) {
      try (Case c = new Case(name)) {
        c.assertTrainsLikeGolden(activations);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"llama/mha", "llama/gqa_tied_llama3", "llama/linear_rope", "qwen2", "mistral"})
  void cachedGreedyGenerationIsHuggingFaces(String name) {
    try (Case c = new Case(name)) {
      for (boolean inOneCall : List.of(true, false)) {
        c.assertGeneratesLikeGolden("generate.a", inOneCall);
        c.assertGeneratesLikeGolden("generate.b", inOneCall);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Tape.Activations.class)
  void aPerturbedWeightIsSeen(Tape.Activations activations) {
    try (Case c = new Case("llama/mha")) {
      Tensor weight = c.decoder.part().get("model.layers.1.mlp.up_proj.weight").value();
      weight.data().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 3, 0.5f);
      assertThatThrownBy(() -> c.assertTrainsLikeGolden(activations))
          .isInstanceOf(AssertionError.class);
    }
  }

  /// A golden decoder and what Hugging Face computes with it.
  private static final class Case implements AutoCloseable {
    final Engine engine = Engine.start(new Device.Cpu(), 1);
    final Scope scope = new Scope();
    final GoldenTensors golden;
    final GoldenTensors grads;
    final LlamaDecoder decoder;
    final VisionLanguageModel model;
    final double atol = 2e-5;
    final double rtol = 1e-4;

    Case(String name) {
      golden = Golden.tensors(name + "/golden.safetensors");
      grads = Golden.tensors(name + "/grads.safetensors");
      DecoderConfig config = DecoderConfig.of(Golden.json(name + "/config.json"));
      Part part =
          GoldenParts.load(
              engine, scope, name + "/model.safetensors", "", "decoder", config.tensors());
      decoder = new LlamaDecoder(config, part);
      model = TextOnly.model(decoder);
    }

    void assertTrainsLikeGolden(Tape.Activations activations) {
      PackedBatch batch = GoldenBatch.of(golden);
      decoder.part().parameters().forEach(p -> p.setTrained(true));
      long before = engine.liveTensors();
      try (Scope step = new Scope();
          CollectedGradients sums = new CollectedGradients()) {
        Ops ops = engine.ops(step);
        float loss;
        try (Tape tape = Tape.recording(ops, sums, activations)) {
          loss = model.train(tape, batch, 1.0 / batch.targets().length) / batch.targets().length;
        }
        assertClose("loss", new float[] {loss}, golden.floats("loss"), atol, rtol);
        int compared = 0;
        for (Parameter p : decoder.part().parameters()) {
          String name = p.name().substring("decoder.".length());
          assertClose(name, sums.of(p), grads.floats(name), 2e-6, 1e-4);
          compared++;
        }
        assertThat(compared).isEqualTo(grads.names().size());
      }
      assertThat(engine.liveTensors()).isEqualTo(before);
    }

    /// @param inOneCall how all layers run but for one token half-way, which takes the other way
    void assertGeneratesLikeGolden(String key, boolean inOneCall) {
      long[] prompt = golden.longs(key + ".prompt");
      long[] expected = golden.longs(key + ".tokens");
      int[] next = IntStream.range(0, prompt.length).map(i -> (int) prompt[i]).toArray();
      List<Long> found = new ArrayList<>();
      DecoderCall call = DecoderCall.of(model).orElseThrow();
      try (KeyValueCache cache =
          new KeyValueCache(engine.ops(scope), decoder.config(), ScalarType.F32, 64)) {
        for (int i = 0; i < expected.length; i++) {
          try (Scope step = new Scope()) {
            Ops ops = engine.ops(step);
            Tensor logits =
                inOneCall != (i == expected.length / 2)
                    ? call.logits(ops, TextOnly.prompt(next), List.of(cache))
                    : model.logits(Tape.forwardOnly(ops), TextOnly.prompt(next), List.of(cache));
            next = ops.argmax(logits);
            found.add((long) next[0]);
          }
        }
      }
      assertThat(found)
          .containsExactlyElementsOf(java.util.Arrays.stream(expected).boxed().toList());
    }

    @Override
    public void close() {
      scope.close();
      engine.close();
    }
  }
}
