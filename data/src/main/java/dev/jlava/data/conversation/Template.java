package dev.jlava.data.conversation;

import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Rendered.Span;
import dev.jlava.data.conversation.Turn.Role;
import dev.jlava.recipe.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How a conversation is written for a model: system text, role names, separators. The strings are
/// constants that published weights were trained on (LLaVA's `conversation.py`).
///
/// @param style how the pieces are put together
/// @param imageMark what stands for an image in a user's turn
public record Template(
    String name,
    Style style,
    String system,
    String user,
    String assistant,
    String sep,
    String sep2,
    String imageMark) {

  /// LLaVA's separator styles, and ChatML as the SmolLM2 and Qwen families write it.
  public enum Style {
    SINGLE,
    TWO,
    MPT,
    PLAIN,
    LLAMA_2,
    CHATML
  }

  private static final String V1 =
      "A chat between a curious %1$s and an artificial intelligence assistant. The assistant gives"
          + " helpful, detailed, and polite answers to the %1$s's questions.";
  private static final String TAGGED =
      "A chat between a curious user and an artificial intelligence assistant. The assistant is able"
          + " to understand the visual content that the user provides, and assist the user with a"
          + " variety of tasks using natural language.The visual content will be provided with the"
          + " following format: <Image>visual content</Image>.";
  private static final String LLAVA_LLAMA_2 =
      "You are a helpful language and vision assistant. You are able to understand the visual content"
          + " that the user provides, and assist the user with a variety of tasks using natural"
          + " language.";
  private static final String LLAMA_2 =
      "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible,"
          + " while being safe.  Your answers should not include any harmful, unethical, racist,"
          + " sexist, toxic, dangerous, or illegal content. Please ensure that your responses are"
          + " socially unbiased and positive in nature.\n\nIf a question does not make any sense, or"
          + " is not factually coherent, explain why instead of answering something not correct. If"
          + " you don't know the answer to a question, please don't share false information.";
  private static final String MPT =
      "<|im_start|>system\nA conversation between a user and an LLM-based AI assistant. The assistant"
          + " gives helpful and honest answers.";
  private static final String MMTAG = "<Image><image></Image>";

  private static final Map<String, Template> ALL = all();

  private static Map<String, Template> all() {
    Map<String, Template> all = new LinkedHashMap<>();
    for (String name : List.of("v1", "vicuna_v1")) {
      add(all, two(name, V1.formatted("user"), Rendered.IMAGE));
    }
    add(all, two("llava_v1", V1.formatted("human"), Rendered.IMAGE));
    add(all, two("v1_mmtag", TAGGED, MMTAG));
    add(all, single("llava_v0", V1.formatted("human"), Rendered.IMAGE));
    add(all, single("v0_mmtag", TAGGED, MMTAG));
    for (String name : List.of("plain", "v0_plain")) {
      add(all, new Template(name, Style.PLAIN, "", "", "", "\n", "\n", Rendered.IMAGE));
    }
    add(all, llama2("llama_2", LLAMA_2, "<s>"));
    add(all, llama2("llava_llama_2", LLAVA_LLAMA_2, "<s>"));
    add(all, llama2("mistral_instruct", "", ""));
    add(all, mpt("mpt", MPT));
    add(all, mpt("chatml_direct", "<|im_start|>system\nAnswer the questions."));
    add(all, mpt("mistral_direct", "<|im_start|>system\nAnswer the questions."));
    add(
        all,
        new Template(
            "chatml",
            Style.CHATML,
            "<|im_start|>system\nYou are a helpful assistant.",
            "<|im_start|>user\n",
            "<|im_start|>assistant\n",
            "<|im_end|>",
            "\n",
            Rendered.IMAGE));
    return Map.copyOf(all);
  }

  private static void add(Map<String, Template> all, Template template) {
    all.put(template.name(), template);
  }

  private static Template two(String name, String system, String mark) {
    return new Template(name, Style.TWO, system, "USER", "ASSISTANT", " ", "</s>", mark);
  }

  private static Template single(String name, String system, String mark) {
    return new Template(name, Style.SINGLE, system, "Human", "Assistant", "###", "", mark);
  }

  private static Template llama2(String name, String system, String sep) {
    return new Template(
        name, Style.LLAMA_2, system, "[INST]", "[/INST]", sep, "</s>", Rendered.IMAGE);
  }

  private static Template mpt(String name, String system) {
    return new Template(
        name,
        Style.MPT,
        system,
        "<|im_start|>user\n",
        "<|im_start|>assistant\n",
        "<|im_end|>",
        "",
        Rendered.IMAGE);
  }

  /// The template of that name.
  public static Template named(String name) {
    Template template = ALL.get(name);
    if (template == null) {
      throw new DataException(
          "template '"
              + name
              + "' is not known (allowed "
              + String.join(", ", names())
              + ")"
              + Problems.suggestion(name, names()));
    }
    return template;
  }

  /// The names of all templates.
  public static List<String> names() {
    return ALL.keySet().stream().sorted().toList();
  }

  /// A conversation to train on: answers and what ends them are learned.
  public Rendered render(List<Turn> turns) {
    List<Span> spans = new ArrayList<>();
    opening(spans);
    for (int i = 0; i < turns.size(); i++) {
      String text = turns.get(i).text();
      if (turns.get(i).role() == Role.USER) {
        question(spans, text, i == 0);
      } else {
        answer(spans, text);
      }
    }
    if (style == Style.CHATML) {
      spans.add(new Span(sep2, false));
    }
    return new Rendered(spans);
  }

  private void opening(List<Span> spans) {
    switch (style) {
      case SINGLE -> spans.add(new Span(system + "\n\n### ", false));
      case TWO, MPT -> spans.add(new Span(system + sep, false));
      case CHATML -> spans.add(new Span(system + sep, false));
      case PLAIN, LLAMA_2 -> {}
    }
  }

  private void question(List<Span> spans, String text, boolean first) {
    switch (style) {
      case SINGLE -> spans.add(new Span(user + ": " + text + "\n### " + assistant + ":", false));
      case TWO -> spans.add(new Span(user + ": " + text + sep + assistant + ":", false));
      case MPT -> spans.add(new Span(user + text + sep + assistant, false));
      case CHATML -> spans.add(new Span(sep2 + user + text + sep + sep2 + assistant, false));
      case PLAIN -> spans.add(new Span(Rendered.IMAGE, false));
      case LLAMA_2 -> {
        String head = first ? systemOfLlama2() : sep;
        String body = first ? "[INST] " + head + text : head + "[INST] " + text;
        spans.add(new Span(body + " [/INST]", false));
      }
    }
  }

  private String systemOfLlama2() {
    return system.isEmpty() ? "" : "<<SYS>>\n" + system + "\n<</SYS>>\n\n";
  }

  private void answer(List<Span> spans, String text) {
    switch (style) {
      case SINGLE -> {
        spans.add(new Span(" " + text + "\n###", true));
        spans.add(new Span(" ", false));
      }
      case TWO -> spans.add(new Span(" " + text + sep2, true));
      case MPT, CHATML -> spans.add(new Span(text + sep, true));
      case PLAIN -> spans.add(new Span(text + sep, true));
      case LLAMA_2 -> spans.add(new Span(" " + text + " " + sep2, true));
    }
  }

  /// Whether spans are tokenised one by one rather than as one text.
  public boolean tokenisesSpansApart() {
    return style == Style.CHATML;
  }

  /// The prompt that asks for the next answer; the last turn is the user's.
  public Rendered prompt(List<Turn> turns) {
    if (style == Style.SINGLE) {
      return new Rendered(List.of(new Span(singlePrompt(turns), false)));
    }
    List<Span> spans = new ArrayList<>();
    opening(spans);
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).role() == Role.ASSISTANT) {
        answer(spans, turns.get(i).text());
      } else if (style == Style.PLAIN) {
        spans.add(new Span(turns.get(i).text() + sep, false));
      } else {
        question(spans, turns.get(i).text(), i == 0);
      }
    }
    return new Rendered(spans);
  }

  private String singlePrompt(List<Turn> turns) {
    StringBuilder text = new StringBuilder(system + sep);
    for (Turn turn : turns) {
      String role = turn.role() == Role.USER ? user : assistant;
      text.append(role).append(": ").append(turn.text()).append(sep);
    }
    return text.append(assistant).append(":").toString();
  }

  /// Texts that end an answer, beside the end-of-sequence token.
  public List<String> stopStrings() {
    return switch (style) {
      case SINGLE, MPT, CHATML -> List.of(sep);
      case TWO, LLAMA_2 -> List.of(sep2);
      case PLAIN -> List.of(sep);
    };
  }
}
