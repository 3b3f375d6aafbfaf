/* Constants of the binary form, shared by encoder and decoder; the drawing is in codec.c. */
#ifndef DOCUMENT_CODEC_PRIVATE_H
#define DOCUMENT_CODEC_PRIVATE_H

#define CODEC_MAGIC "SCDM"
#define CODEC_VERSION 2
#define CODEC_HEADER 24
#define CODEC_INDEX_ENTRY 16
#define CODEC_NO_TITLE 0xffffffffu /* no label either */
#define CODEC_PAGE_HEAD 36

#define CODEC_WORD_SIZE 29
#define CODEC_LINE_SIZE 32
#define CODEC_BLOCK_SIZE 30
#define CODEC_TABLE_SIZE 27
#define CODEC_CELL_SIZE 36

/* Bits of a page's flags. */
#define CODEC_PAGE_TOC 1
#define CODEC_PAGE_UNREADABLE 2

#endif
