package dev.jlava.data.token;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A [Vocabulary] as the files of a Hugging Face directory: `tokenizer.model` or `tokenizer.json`,
/// and `tokenizer_config.json`.
public final class VocabularyFiles {
  private final Vocabulary vocabulary;

  private VocabularyFiles(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /// The contents of the files by their names.
  public static Map<String, byte[]> of(Vocabulary vocabulary) {
    VocabularyFiles files = new VocabularyFiles(vocabulary);
    Map<String, byte[]> all = new TreeMap<>();
    PreTokenizer preTokenizer = vocabulary.preTokenizer();
    if (preTokenizer == null) {
      all.put("tokenizer.model", SentencePieceModel.write(vocabulary.used()));
    } else {
      all.put("tokenizer.json", bytes(files.tokenizer(preTokenizer)));
    }
    all.put("tokenizer_config.json", bytes(files.config()));
    return all;
  }

  private static byte[] bytes(ObjectNode json) {
    return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private ObjectNode tokenizer(PreTokenizer preTokenizer) {
    ObjectNode json = new ObjectMapper().createObjectNode().put("version", "1.0");
    json.putNull("truncation").putNull("padding");
    var added = json.putArray("added_tokens");
    List<Vocabulary.Token> tokens = vocabulary.used();
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.get(id).isAdded()) {
        added.add(entry(tokens.get(id)).put("id", id));
      }
    }
    if (preTokenizer.normalises()) {
      json.putObject("normalizer").put("type", "NFC");
    } else {
      json.putNull("normalizer");
    }
    json.set("pre_tokenizer", preTokenizer.json());
    postProcessor(json);
    json.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", true)
        .put("trim_offsets", true)
        .put("use_regex", true);
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", preTokenizer.ignoresMerges());
    ObjectNode vocab = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocab.put(tokens.get(id).text(), id);
    }
    vocabulary.merges().forEach(model.putArray("merges")::add);
    return json;
  }

  private void postProcessor(ObjectNode json) {
    Integer bos = vocabulary.roles().get("bos");
    if (!vocabulary.addBos() || bos == null) {
      json.putNull("post_processor");
      return;
    }
    String text = vocabulary.tokens().get(bos).text();
    ObjectNode template = json.putObject("post_processor").put("type", "TemplateProcessing");
    for (List<String> sequences : List.of(List.of("A"), List.of("A", "B"))) {
      var steps = template.putArray(sequences.size() == 1 ? "single" : "pair");
      for (String sequence : sequences) {
        steps.addObject().putObject("SpecialToken").put("id", text).put("type_id", 0);
        steps.addObject().putObject("Sequence").put("id", sequence).put("type_id", 0);
      }
    }
    ObjectNode special = template.putObject("special_tokens").putObject(text).put("id", text);
    special.putArray("ids").add(bos);
    special.putArray("tokens").add(text);
  }

  private static ObjectNode entry(Vocabulary.Token token) {
    return new ObjectMapper()
        .createObjectNode()
        .put("content", token.text())
        .put("lstrip", false)
        .put("normalized", false)
        .put("rstrip", false)
        .put("single_word", false)
        .put("special", token.kind() != Vocabulary.Kind.USER_DEFINED);
  }

  private ObjectNode config() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    boolean sentencePiece = vocabulary.preTokenizer() == null;
    json.put("add_bos_token", vocabulary.addBos()).put("add_eos_token", false);
    json.put("add_prefix_space", sentencePiece && vocabulary.addSpacePrefix());
    ObjectNode added = json.putObject("added_tokens_decoder");
    List<Vocabulary.Token> tokens = vocabulary.used();
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.get(id).isAdded()) {
        added.set(Integer.toString(id), entry(tokens.get(id)));
      }
    }
    for (String role : Vocabulary.ROLES) {
      Integer id = vocabulary.roles().get(role);
      if (id != null) {
        json.put(role + "_token", vocabulary.tokens().get(id).text());
      }
    }
    vocabulary.chatTemplate().ifPresent(text -> json.put("chat_template", text));
    json.put("clean_up_tokenization_spaces", false);
    if (sentencePiece) {
      // llama.cpp puts the space behind every special token too, as the older LlamaTokenizer does.
      json.put("legacy", vocabulary.addSpacePrefix());
    }
    return json.put(
        "tokenizer_class", sentencePiece ? "LlamaTokenizer" : "PreTrainedTokenizerFast");
  }
}
