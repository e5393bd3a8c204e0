#pragma once
#include <libxml/parser.h>
#include <libxml/tree.h>

/* xmlFree is a variable, which Swift takes for shared mutable state. */
static inline void rigaud_xml_free(void *memory) { xmlFree(memory); }
