#ifndef SHELF_WORDS_H
#define SHELF_WORDS_H
/* Cuts a line at its spaces, in place; the last word keeps its spaces. Returns how many words there are. */
int words_cut(char *line, char **words, int max);
#endif
