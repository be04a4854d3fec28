package dev.jlava.data.conversation;

import java.util.LinkedHashMap;
import java.util.Map;

/// A [Template] as the Jinja program that Hugging Face's processors run (`chat_template.jinja`): it
/// writes what [Template#prompt] writes, images in front of their turn. A message of the role
/// `system` takes the place of the template's own system text.
public final class JinjaTemplate {
  private static final String IM_SYSTEM = "<|im_start|>system\n";

  /// The same for every template; what a style writes comes in variables. `said` is what a turn
  /// says: a text as it is, or the parts of a list.
  private static final String PROGRAM =
      """
      {%- macro said(content) -%}
      {%- if content is string -%}
      {{- content -}}
      {%- else -%}
      {%- set seen = namespace(marks='', text='') -%}
      {%- for part in content -%}
      {%- if part['type'] == 'image' -%}
      {%- set seen.marks = seen.marks + image -%}
      {%- elif part['type'] == 'text' -%}
      {%- set seen.text = seen.text + part['text'] -%}
      {%- endif -%}
      {%- endfor -%}
      {{- (seen.marks + (seen.text | trim)) | trim if seen.marks else seen.text -}}
      {%- endif -%}
      {%- endmacro -%}
      {%- if messages[0]['role'] == 'system' -%}
      {%- set system = said(messages[0]['content']) -%}
      {%- set turns = messages[1:] -%}
      {%- else -%}
      {%- set turns = messages -%}
      {%- endif -%}
      {{- before_system + system + after_system if system else no_system -}}
      {%- for turn in turns -%}
      {%- if turn['role'] == 'user' -%}
      {{- (first_user if loop.first else user) + said(turn['content']) + user_end -}}
      {%- else -%}
      {{- assistant + said(turn['content']) + assistant_end -}}
      {%- endif -%}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- next_answer -}}
      {%- endif -%}
      """;

  private JinjaTemplate() {}

  /// The program, for a file of its own.
  public static String of(Template template) {
    StringBuilder program = new StringBuilder("{#- JLaVA's template " + template.name() + " -#}\n");
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("image", template.imageMark() + "\n");
    variables.putAll(pieces(template));
    variables.forEach(
        (name, text) -> program.append("{%%- set %s = %s -%%}\n".formatted(name, quoted(text))));
    return program + PROGRAM;
  }

  /// What a style writes around the texts, by the names that the program gives it.
  private static Map<String, String> pieces(Template t) {
    String sep = t.sep();
    return switch (t.style()) {
      case SINGLE, TWO -> {
        String end = t.style() == Template.Style.TWO ? t.sep2() : sep;
        Speech user = new Speech(t.user() + ": ", sep);
        Speech assistant = new Speech(t.assistant() + ": ", end);
        Map<String, String> all = pieces(t.system(), new Speech("", sep), user, assistant);
        all.put("next_answer", t.assistant() + ":");
        yield all;
      }
      case MPT, CHATML -> {
        String between = t.style() == Template.Style.CHATML ? t.sep2() : "";
        Speech user = new Speech(between + t.user(), sep);
        Speech assistant = new Speech(between + t.assistant(), sep);
        String system = t.system().substring(IM_SYSTEM.length());
        yield pieces(system, new Speech(IM_SYSTEM, sep), user, assistant);
      }
      case PLAIN -> {
        Speech said = new Speech("", sep);
        yield pieces("", said, said, said);
      }
      case LLAMA_2 -> {
        Speech system = new Speech("[INST] <<SYS>>\n", "\n<</SYS>>\n\n");
        Speech user = new Speech(sep + "[INST] ", " [/INST]");
        Map<String, String> all = pieces(t.system(), system, user, new Speech(" ", " " + t.sep2()));
        all.put("no_system", "[INST] ");
        all.put("first_user", "");
        all.put("next_answer", "");
        yield all;
      }
    };
  }

  /// What stands before and after a text.
  private record Speech(String before, String after) {}

  private static Map<String, String> pieces(
      String system, Speech around, Speech user, Speech assistant) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("system", system);
    all.put("before_system", around.before());
    all.put("after_system", around.after());
    all.put("no_system", "");
    all.put("first_user", user.before());
    all.put("user", user.before());
    all.put("user_end", user.after());
    all.put("assistant", assistant.before());
    all.put("assistant_end", assistant.after());
    all.put("next_answer", assistant.before());
    return all;
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'";
  }
}
