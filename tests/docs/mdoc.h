/* SPDX-License-Identifier: MIT */
#ifndef DOCS_MDOC_H
#define DOCS_MDOC_H

#define MDOC_LINE 78
#define MDOC_NO_BREAK "\1" /* a space at which lines are not broken */

/* Prints a text, broken into lines, without its backquotes. */
void mdoc_fill(const char *text);

/* Prints a phrase as a sentence. */
void mdoc_sentence(const char *phrase);

void mdoc_capitalise(char *text);

#endif
