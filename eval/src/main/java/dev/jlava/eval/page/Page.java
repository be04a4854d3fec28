package dev.jlava.eval.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/// A page in one file: style, script, charts, pictures and data are inside it, and its security
/// policy lets it load and run nothing else. Every text of the view is escaped.
///
/// @param title of the browser's tab
/// @param template a Mustache template beside the class `owner`; those beside this one are its
///   partials
/// @param view what the template shows
/// @param islands data for the script
public record Page(
    String title, Class<?> owner, String template, Object view, List<Island> islands) {

  public Page {
    islands = List.copyOf(islands);
  }

  /// Data in the page that only its script reads.
  ///
  /// @param id of the element
  /// @param value what Jackson writes as JSON
  public record Island(String id, Object value) {
    /// JSON in which nothing can end the element.
    String json() {
      return Page.json(value).replace("<", "\\u003c");
    }
  }

  /// What the layout shows; its texts but the title are markup.
  private record Layout(
      String title,
      String policy,
      String style,
      String script,
      String body,
      List<Island> islands) {}

  /// The page's text.
  public String html() {
    String style = resource(Page.class, "page.css");
    String script = resource(Page.class, "page.js") + resource(Page.class, "questions.js");
    String policy =
        "default-src 'none'; img-src data:; style-src %s; script-src %s; base-uri 'none'; form-action 'none'"
            .formatted(hash(style), hash(script));
    String body = compiled(owner, template).execute(view);
    return compiled(Page.class, "layout")
        .execute(new Layout(title, policy, style, script, body, islands));
  }

  private static com.samskivert.mustache.Template compiled(Class<?> owner, String name) {
    return Mustache.compiler()
        .escapeHTML(true)
        .strictSections(true)
        .zeroIsFalse(true)
        .withLoader(partial -> new StringReader(resource(Page.class, partial + ".mustache")))
        .compile(resource(owner, name + ".mustache"));
  }

  private static String json(Object value) {
    try {
      return new ObjectMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not writable as JSON: " + value.getClass(), e);
    }
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(Class<?> owner, String name) {
    try (InputStream stream = owner.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException(name + " is missing beside " + owner.getName());
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
