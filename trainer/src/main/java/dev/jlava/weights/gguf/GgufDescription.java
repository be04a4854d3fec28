package dev.jlava.weights.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.token.Vocabulary;
import dev.jlava.data.token.VocabularyFiles;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The files that describe GGUF files to all that reads Hugging Face directories: `config.json`,
/// the tokenizer, `generation_config.json`, `preprocessor_config.json`. They are made of the
/// metadata and kept in the system's directory for temporary files, under a name made of their
/// contents; the weights stay where they are.
public final class GgufDescription {
  private final Map<String, byte[]> files = new TreeMap<>();

  private GgufDescription() {}

  /// The directory that describes a decoder, a vision tower with its projector (an mmproj file), or
  /// both, the whole LLaVA.
  public static Path directory(List<Path> paths) {
    Optional<GgufFile> decoder = Optional.empty();
    Optional<GgufFile> mmproj = Optional.empty();
    try (Arena arena = Arena.ofShared()) {
      for (Path path : paths) {
        GgufFile file = GgufFile.read(path, arena);
        if (file.architecture().equals(GgufConfig.CLIP)) {
          mmproj = Optional.of(file);
        } else {
          decoder = Optional.of(file);
        }
      }
      return new GgufDescription().describe(decoder, mmproj).directory();
    }
  }

  private GgufDescription describe(Optional<GgufFile> decoder, Optional<GgufFile> mmproj) {
    Optional<ObjectNode> text = decoder.map(this::decoder);
    Optional<ObjectNode> vision = mmproj.map(this::vision);
    ObjectNode config =
        text.isPresent() && vision.isPresent()
            ? whole(text.get(), vision.get(), mmproj.orElseThrow())
            : text.or(() -> vision).orElseThrow();
    put("config.json", config);
    return this;
  }

  private void put(String name, ObjectNode json) {
    files.put(name, (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private ObjectNode decoder(GgufFile file) {
    Vocabulary vocabulary = GgufVocabulary.read(file.metadata());
    files.putAll(VocabularyFiles.of(vocabulary));
    ObjectNode config = GgufConfig.decoder(file);
    ObjectNode generation = new ObjectMapper().createObjectNode();
    for (String role : List.of("bos", "pad")) {
      Integer id = vocabulary.roles().get(role);
      if (id != null) {
        config.put(role + "_token_id", id);
        generation.put(role + "_token_id", id);
      }
    }
    Set<Integer> ends = GgufVocabulary.ends(file.metadata(), vocabulary);
    ends.forEach(generation.putArray("eos_token_id")::add);
    Integer eos = vocabulary.roles().get("eos");
    if (eos != null) {
      config.put("eos_token_id", eos);
    }
    put("generation_config.json", generation);
    return config;
  }

  private ObjectNode vision(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    long side = metadata.integer("clip.vision.image_size");
    ObjectNode json = new ObjectMapper().createObjectNode();
    boolean clip = file.tensors().containsKey("v.class_embd");
    json.put("image_processor_type", clip ? "CLIPImageProcessor" : "SiglipImageProcessor");
    json.put("do_convert_rgb", true).put("do_normalize", true).put("do_rescale", true);
    json.put("do_resize", true).put("do_center_crop", clip);
    json.put("resample", 3).put("rescale_factor", 1 / 255.0);
    if (clip) {
      json.putObject("size").put("shortest_edge", side);
      json.putObject("crop_size").put("height", side).put("width", side);
    } else {
      json.putObject("size").put("height", side).put("width", side);
    }
    for (String key : List.of("image_mean", "image_std")) {
      var list = json.putArray(key);
      metadata.numbers("clip.vision." + key).forEach(v -> list.add(GgufConfig.shortest(v)));
    }
    put("preprocessor_config.json", json);
    return GgufConfig.vision(file);
  }

  /// llama.cpp pads LLaVA's images, whatever the file says or does not say.
  private static ObjectNode whole(ObjectNode text, ObjectNode vision, GgufFile mmproj) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putArray("architectures").add("LlavaForConditionalGeneration");
    json.put("model_type", "llava");
    String projector = GgufConfig.projector(mmproj);
    json.put("projector_hidden_act", "gelu");
    if (!projector.equals("mlp2x_gelu")) {
      json.put("mm_projector_type", projector);
    }
    json.put("vision_feature_layer", GgufConfig.featureLayer(mmproj));
    boolean clip = mmproj.tensors().containsKey("v.class_embd");
    json.put("vision_feature_select_strategy", clip ? "default" : "full");
    json.put("tie_word_embeddings", text.get("tie_word_embeddings").asBoolean());
    json.put(
        "image_aspect_ratio",
        mmproj.metadata().optionalString("clip.vision.image_aspect_ratio").orElse("pad"));
    json.set("text_config", text);
    json.set("vision_config", vision);
    return json;
  }

  private Path directory() {
    Path directory = Path.of(System.getProperty("java.io.tmpdir"), "jlava-gguf-" + hash());
    try {
      Files.createDirectories(directory);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        write(directory.resolve(file.getKey()), file.getValue());
      }
    } catch (IOException e) {
      throw new WeightsException(
          directory + ": the description of a GGUF file cannot be written (" + e + ")", e);
    }
    return directory;
  }

  private static void write(Path file, byte[] contents) throws IOException {
    if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), contents)) {
      return;
    }
    Path temporary = Files.createTempFile(file.getParent(), "description", ".part");
    Files.write(temporary, contents);
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private String hash() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      files.forEach((name, contents) -> {
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        digest.update(contents);
      });
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
