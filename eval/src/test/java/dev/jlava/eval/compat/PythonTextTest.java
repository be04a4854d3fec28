package dev.jlava.eval.compat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Texts as Python prints them.
final class PythonTextTest {
  @ParameterizedTest
  @CsvSource({
    "ΣΑΣ, σας",
    "ΑΣ-Β, ας-β",
    "ΑΣ.Β, ασ.β",
    "Α.Σ, α.ς",
    "ΑΣ ΣΑΣ!, ας σας!",
    "1Σ, 1σ",
    "ᴬΣ, ᴬσ",
    "ΑΣ\u00adΒ, ασ\u00adβ",
    "İ, i̇",
    "NO É ẞ, no é ß"
  })
  void lowersAsPythonDoes(String text, String lower) {
    assertThat(PythonText.lower(text)).isEqualTo(lower);
  }
}
