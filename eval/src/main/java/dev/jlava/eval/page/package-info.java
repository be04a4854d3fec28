/// What the pages of reports are made of: charts as inline SVG, pictures as data URLs, the list of
/// questions with its search, and [Page][dev.jlava.eval.page.Page], which puts them into one file
/// that loads nothing.
@NullMarked
package dev.jlava.eval.page;

import org.jspecify.annotations.NullMarked;
