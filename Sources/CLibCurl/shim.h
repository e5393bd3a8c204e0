#pragma once
#include <curl/curl.h>

// Variadic functions and their macros are not imported into Swift: one wrapper for each type of value.
static inline CURLcode rigaud_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rigaud_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rigaud_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rigaud_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

// The bytes are copied.
static inline CURLcode rigaud_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode rigaud_curl_set_receiver(CURL *handle, CURLoption option, curl_write_callback function) {
    return curl_easy_setopt(handle, option, function);
}

static inline CURLcode rigaud_curl_set_watcher(CURL *handle, curl_xferinfo_callback function) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
}

static inline CURLcode rigaud_curl_set_listener(CURL *handle, curl_debug_callback function) {
    return curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, function);
}

// NULL where there is none. It belongs to the handle.
static inline const char *rigaud_curl_get_text(CURL *handle, CURLINFO name) {
    char *value = 0;
    return curl_easy_getinfo(handle, name, &value) == CURLE_OK ? value : 0;
}

// Safe to call from several threads since 7.84.
static inline CURLcode rigaud_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static const long rigaud_curl_basic = (long)CURLAUTH_BASIC;
static const long rigaud_curl_bearer = (long)CURLAUTH_BEARER;

// 0 where there was no answer.
static inline long rigaud_curl_get_status(CURL *handle) {
    long status = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}
