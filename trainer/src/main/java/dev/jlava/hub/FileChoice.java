package dev.jlava.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Which of a model's files are fetched: what this project reads. Configurations, tokenizer and
/// processor; weights as safetensors, or torch's where there are no others.
final class FileChoice {
  private static final Pattern DESCRIPTION =
      Pattern.compile("[\\w.-]+\\.(json|jinja)|tokenizer\\.model|merges\\.txt");
  private static final Pattern SAFETENSORS =
      Pattern.compile("(adapter_)?model(-\\d+-of-\\d+)?\\.safetensors(\\.index\\.json)?");
  private static final Pattern TORCH =
      Pattern.compile("(pytorch|adapter)_model(-\\d+-of-\\d+)?\\.bin(\\.index\\.json)?");

  /// What the original LLaVA writes beside an adapter, or instead of a model.
  private static final List<String> LONE = List.of("mm_projector.bin", "non_lora_trainables.bin");

  private static final List<String> ADAPTER =
      List.of("adapter_model.safetensors", "adapter_model.bin");

  private FileChoice() {}

  /// The names to fetch, weights last: where these are there, so is the rest.
  static List<String> of(List<String> names) {
    List<String> chosen = new ArrayList<>();
    List<String> weights = new ArrayList<>();
    boolean safetensors = names.stream().anyMatch(name -> SAFETENSORS.matcher(name).matches());
    Pattern format = safetensors ? SAFETENSORS : TORCH;
    for (String name : names.stream().sorted().toList()) {
      if (format.matcher(name).matches() || LONE.contains(name)) {
        weights.add(name);
      } else if (DESCRIPTION.matcher(name).matches() && !isIndex(name)) {
        chosen.add(name);
      }
    }
    chosen.addAll(weights);
    return chosen;
  }

  /// The index of weights in a format that is not fetched.
  private static boolean isIndex(String name) {
    return name.endsWith(".index.json");
  }

  /// Whether a directory holds a projector or an adapter without the model it belongs to.
  static boolean isLoneWeights(Path directory) {
    return java.util.stream.Stream.concat(LONE.stream(), ADAPTER.stream())
        .anyMatch(name -> Files.isRegularFile(directory.resolve(name)));
  }
}
