package dev.jlava.data.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class JinjaTemplateTest {
  private static final Map<String, String> IMAGE = Map.of("type", "image");

  static List<String> names() {
    assertThat(Template.names()).hasSizeGreaterThanOrEqualTo(14);
    return Template.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void theProgramWritesWhatTheTemplateWrites(String name) {
    Template template = Template.named(name);
    String mark = template.imageMark() + "\n";
    List<Turn> turns =
        List.of(
            new Turn(Turn.Role.USER, mark + mark + "What's \\in \"both\"?"),
            new Turn(Turn.Role.ASSISTANT, "Two buses.\nBoth red."),
            new Turn(Turn.Role.USER, " Sure? "));
    List<Map<String, Object>> messages =
        List.of(
            Map.of(
                "role", "user", "content", List.of(text(" What's \\in \"both\"?"), IMAGE, IMAGE)),
            Map.of("role", "assistant", "content", List.of(text("Two buses.\nBoth red."))),
            Map.of("role", "user", "content", " Sure? "));
    assertThat(run(template, messages)).isEqualTo(template.prompt(turns).text());
    assertThat(run(template, messages.subList(0, 1)))
        .isEqualTo(template.prompt(turns.subList(0, 1)).text());
  }

  @Test
  void aSystemMessageTakesThePlaceOfTheTemplatesOwn() {
    List<Map<String, Object>> messages =
        List.of(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Hello"));
    assertThat(run(Template.named("vicuna_v1"), messages))
        .isEqualTo("Be brief. USER: Hello ASSISTANT:");
    assertThat(run(Template.named("llava_llama_2"), messages))
        .isEqualTo("[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHello [/INST]");
    assertThat(run(Template.named("chatml"), messages))
        .isEqualTo(
            """
            <|im_start|>system
            Be brief.<|im_end|>
            <|im_start|>user
            Hello<|im_end|>
            <|im_start|>assistant
            """);
  }

  private static Map<String, String> text(String text) {
    return Map.of("type", "text", "text", text);
  }

  private static String run(Template template, List<Map<String, Object>> messages) {
    JinjavaConfig config = JinjavaConfig.newBuilder().withFailOnUnknownTokens(true).build();
    return new Jinjava(config)
        .render(
            JinjaTemplate.of(template),
            Map.of("messages", messages, "add_generation_prompt", true));
  }
}
