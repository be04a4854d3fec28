package dev.jlava.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Which of a model's files are fetched: what this project reads. Configurations, tokenizer and
/// processor; weights as safetensors, or torch's where there are no others. GGUF files by their
/// names alone.
///
/// @param names weights last: where these are there, so is the rest
/// @param note what the user should know of the choice
record FileChoice(List<String> names, Optional<String> note) {
  private static final Pattern DESCRIPTION =
      Pattern.compile("[\\w.-]+\\.(json|jinja)|tokenizer\\.model|merges\\.txt");
  private static final Pattern SAFETENSORS =
      Pattern.compile("(adapter_)?model(-\\d+-of-\\d+)?\\.safetensors(\\.index\\.json)?");
  private static final Pattern TORCH =
      Pattern.compile("(pytorch|adapter)_model(-\\d+-of-\\d+)?\\.bin(\\.index\\.json)?");

  /// What the original LLaVA writes beside an adapter, or instead of a model.
  private static final List<String> LONE = List.of("mm_projector.bin", "non_lora_trainables.bin");

  /// What PEFT calls an adapter's weights.
  static final List<String> ADAPTER = List.of("adapter_model.safetensors", "adapter_model.bin");

  /// The files to fetch of those that the hub lists.
  ///
  /// @throws HubException where a GGUF file has to be named, or is not there
  static FileChoice of(HubId id, List<String> listed) {
    if (id.file().isPresent()) {
      return new GgufChoice(id, listed).of(id.file().get());
    }
    List<String> chosen = new ArrayList<>();
    List<String> weights = new ArrayList<>();
    boolean safetensors = listed.stream().anyMatch(name -> SAFETENSORS.matcher(name).matches());
    Pattern format = safetensors ? SAFETENSORS : TORCH;
    for (String name : listed.stream().sorted().toList()) {
      if (format.matcher(name).matches() || LONE.contains(name)) {
        weights.add(name);
      } else if (DESCRIPTION.matcher(name).matches() && !isIndex(name)) {
        chosen.add(name);
      }
    }
    if (weights.isEmpty()) {
      new GgufChoice(id, listed).requireNone();
    }
    chosen.addAll(weights);
    return new FileChoice(chosen, Optional.empty());
  }

  /// The index of weights in a format that is not fetched.
  private static boolean isIndex(String name) {
    return name.endsWith(".index.json");
  }

  /// Whether a directory holds a projector or an adapter without the model it belongs to.
  static boolean isLoneWeights(Path directory) {
    return Stream.concat(LONE.stream(), ADAPTER.stream())
        .anyMatch(name -> Files.isRegularFile(directory.resolve(name)));
  }
}
