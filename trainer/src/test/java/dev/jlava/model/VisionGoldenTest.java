package dev.jlava.model;

import static dev.jlava.model.Close.assertClose;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VisionGoldenTest {
  @ParameterizedTest
  @ValueSource(strings = {"clip_vision", "siglip_vision"})
  void everyHiddenStateIsHuggingFaces(String name) {
    GoldenTensors golden = Golden.tensors(name + "/golden.safetensors");
    VisionConfig config = VisionConfig.of(Golden.json(name + "/config.json"));
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Part part =
          GoldenParts.load(
              engine, scope, name + "/model.safetensors", "", "vision", config.tensors());
      VisionTransformer tower = new VisionTransformer(config, part);
      long[] shape = golden.shape("pixel_values");
      Tensor pixels = engine.tensor(scope, golden.floats("pixel_values"), shape);
      Tape tape = Tape.forwardOnly(engine.ops(scope));
      for (int layer = 0; layer <= config.numHiddenLayers(); layer++) {
        String state = "hidden_states." + layer;
        float[] found = tower.forward(tape, pixels, layer).floats();
        assertClose(state, found, golden.floats(state), 2e-5, 1e-4);
      }
      Tensor states = tower.forward(tape, pixels, -2);
      Tensor feature = tape.run(new VisionFeatures(-2, false).select(config), states);
      assertClose("feature", feature.floats(), golden.floats(feature(golden)), 2e-5, 1e-4);
    }
  }

  private static String feature(GoldenTensors golden) {
    return golden.names().contains("llava_feature") ? "llava_feature" : "hidden_states.2";
  }
}
