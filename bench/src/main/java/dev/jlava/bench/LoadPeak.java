package dev.jlava.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.adapter.Quantisation;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.model.TensorSpec;
import dev.jlava.train.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/// How much memory a process takes while it loads a LLaVA directory in bf16 with its decoder
/// quantised, in MiB: what the model comes to, one layer of the decoder before it is quantised, and
/// by how much the resident set grew at most. Run by `bench/load`.
public final class LoadPeak {
  private static final ScalarType TYPE = ScalarType.BF16;
  private static final double MEBIBYTE = 1 << 20;
  private static final Path STATUS = Path.of("/proc/self/status");

  /// Makes the kernel forget the largest resident set so far.
  private static final Path FORGET = Path.of("/proc/self/clear_refs");

  private LoadPeak() {}

  /// Arguments: the model, and NONE, NF4, NF4_DOUBLE or INT8.
  public static void main(String[] arguments) throws IOException {
    ModelSource source = ModelSource.find(Path.of(arguments[0]));
    Quantisation quantisation = Quantisation.valueOf(arguments[1].toUpperCase(Locale.ROOT));
    ModelShape shape = source.shape().orElseThrow();
    try (Engine engine = Engine.start(new Device.Cpu(), 0);
        Scope scope = new Scope()) {
      Files.writeString(FORGET, "5");
      long before = kilobytes("VmRSS");
      LanguageModel model = source.load(new PartLoader(engine, scope, TYPE, quantisation));
      ObjectNode row = new ObjectMapper().createObjectNode();
      row.put("parts", model.parts().size());
      row.put("model", bytes(shape, quantisation) / MEBIBYTE);
      row.put("layer", layer(shape) / MEBIBYTE);
      row.put("peak", (kilobytes("VmHWM") - before) * 1024 / MEBIBYTE);
      row.put("after", (kilobytes("VmRSS") - before) * 1024 / MEBIBYTE);
      System.out.println(row);
    }
  }

  private static long bytes(ModelShape shape, Quantisation quantisation) {
    long dequantised =
        quantisation == Quantisation.NONE ? 0 : shape.largestLinear("decoder") * TYPE.bytes();
    return shape.bytes("decoder", TYPE, quantisation)
        + dequantised
        + shape.bytes("vision", TYPE, Quantisation.NONE)
        + shape.bytes("projector", TYPE, Quantisation.NONE);
  }

  private static long layer(ModelShape shape) {
    return shape.tensors("decoder").stream()
        .filter(tensor -> tensor.name().startsWith("model.layers.0."))
        .mapToLong(TensorSpec::numElements)
        .map(elements -> elements * TYPE.bytes())
        .sum();
  }

  private static long kilobytes(String figure) throws IOException {
    try (Stream<String> lines = Files.lines(STATUS)) {
      String line = lines.filter(l -> l.startsWith(figure + ":")).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", ""));
    }
  }
}
