package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.Aspect;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelCardTest {
  @TempDir private Path directory;

  @Test
  void aWrittenCardReadsBackAndComesBeforeTheChatTemplate() throws IOException {
    file("chat_template.jinja", "<|im_start|>");
    file("config.json", "{\"image_aspect_ratio\": \"square\"}");
    ModelCard card = new ModelCard(Optional.of(Template.named("mpt")), Aspect.PAD);
    card.write(directory);
    assertThat(ModelCard.read(directory)).isEqualTo(card);
  }

  @Test
  void huggingFacesLlavaIsVicuna() {
    ModelCard card = ModelCard.read(Golden.path("llava/hf"));
    assertThat(card)
        .isEqualTo(new ModelCard(Optional.of(Template.named("vicuna_v1")), Aspect.SQUARE));
  }

  @ParameterizedTest
  @CsvSource({
    "USER: x ASSISTANT: y, vicuna_v1",
    "a curious human. USER: x ASSISTANT: y, llava_v1",
    "role.upper() + ': ' … ASSISTANT:, vicuna_v1",
    "### Human: x ### Assistant:, llava_v0",
    "[INST] <<SYS>> x, llava_llama_2",
    "[INST] x [/INST], mistral_instruct",
    "<|im_start|> x, chatml",
    "<|im_start|>system Answer the questions.<|im_end|>, chatml_direct",
    "<|im_start|>system A talk with an LLM-based AI assistant., mpt",
    "<|start_header_id|> x, ",
  })
  void aChatTemplateIsRecognisedByItsTexts(String program, String template) throws IOException {
    file("chat_template.jinja", program);
    assertThat(template()).isEqualTo(Optional.ofNullable(template));
  }

  @Test
  void theProcessorsChatTemplateComesBeforeTheTokenizers() throws IOException {
    file("tokenizer_config.json", "{\"chat_template\": \"<|im_start|>\"}");
    assertThat(template()).contains("chatml");
    file("chat_template.json", "{\"chat_template\": \"[INST]\"}");
    assertThat(template()).contains("mistral_instruct");
  }

  @Test
  void ofSeveralChatTemplatesTheDefaultCounts() throws IOException {
    file(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "tool", "template": "[INST]"},
                           {"name": "default", "template": "<|im_start|>"}]}
        """);
    assertThat(template()).contains("chatml");
  }

  @Test
  void aDirectoryThatSaysNothingHasNoTemplate() {
    assertThat(ModelCard.read(directory)).isEqualTo(new ModelCard(Optional.empty(), Aspect.SQUARE));
  }

  @Test
  void theOriginalLlavaNamesTheAspectInItsConfig() throws IOException {
    file("config.json", "{\"image_aspect_ratio\": \"pad\"}");
    assertThat(ModelCard.read(directory).aspect()).isEqualTo(Aspect.PAD);
    file("config.json", "{\"image_aspect_ratio\": \"anyres\"}");
    assertFails(
        "config.json: image_aspect_ratio: aspect 'anyres' is not known (allowed square, pad)");
  }

  @Test
  void faultsOfTheCardNameFileAndKey() throws IOException {
    file("jlava.json", "{\"template\": \"vicuna_v2\"}");
    assertFails("jlava.json: template: template 'vicuna_v2' is not known");
    assertFails("Did you mean vicuna_v1?");
    file("jlava.json", "{\"aspects\": \"pad\"}");
    assertFails("jlava.json: key 'aspects' is not known (allowed template, aspect)");
    file("jlava.json", "[]");
    assertFails("jlava.json: not a JSON object (found ARRAY)");
    file("jlava.json", "{");
    assertFails("jlava.json: not JSON");
  }

  private Optional<String> template() {
    return ModelCard.read(directory).template().map(Template::name);
  }

  private void assertFails(String message) {
    assertThatThrownBy(() -> ModelCard.read(directory))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }
}
