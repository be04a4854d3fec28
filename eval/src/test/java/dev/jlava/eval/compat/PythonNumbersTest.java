package dev.jlava.eval.compat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Expected values: CPython 3.11.
final class PythonNumbersTest {
  @ParameterizedTest
  @CsvSource({
    "0.1, 0.1",
    "100.0, 100.0",
    "1e22, 1e+22",
    "1e16, 1e+16",
    "123456789012345680, 1.2345678901234568e+17",
    "9999999999999998, 9999999999999998.0",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "1.5e-7, 1.5e-07",
    "-0.0, -0.0",
    "0.6666666666666666, 0.6666666666666666",
    "NaN, nan",
    "-Infinity, -inf",
  })
  void reprIsPythons(double value, String expected) {
    assertThat(PythonNumbers.repr(value)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0.125, 2, 0.12",
    "0.375, 2, 0.38",
    "2.675, 2, 2.67",
    "1.005, 2, 1.00",
    "0.5, 0, 0",
    "-0.001, 2, -0.00",
    "1e22, 1, 10000000000000000000000.0",
    "NaN, 2, nan",
    "Infinity, 3, inf",
  })
  void fixedIsPythons(double value, int digits, String expected) {
    assertThat(PythonNumbers.fixed(value, digits)).isEqualTo(expected);
  }

  @Test
  void roundingIsOfTheBinaryValue() {
    assertThat(PythonNumbers.round(2.675, 2)).isEqualTo(2.67);
    assertThat(PythonNumbers.round(1.0625, 3)).isEqualTo(1.062);
    assertThat(PythonNumbers.round(Double.NaN, 3)).isNaN();
  }

  @Test
  void whiteSpaceIsPythons() {
    assertThat(PythonText.strip("\u00a0\u0085\u3000x y\u2028\u001f")).isEqualTo("x y");
    assertThat(PythonText.words("a\u00a0b\u2003 c\n")).containsExactly("a", "b", "c");
    assertThat(PythonText.words(" ")).isEmpty();
    assertThat(PythonText.split("a,,b,", ',')).containsExactly("a", "", "b", "");
  }

  @Test
  void sortingIsByCodePoint() {
    assertThat(PythonText.ORDER.compare("\uFFFD", "\uD83D\uDE00")).isNegative();
  }
}
