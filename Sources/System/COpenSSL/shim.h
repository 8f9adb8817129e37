#pragma once
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ocsp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// OSSL_PARAM holds pointers into its arguments, so a parameter list is built where it is used: in C.

/// A context for HMAC-SHA-256 under `key`, or NULL. EVP_MAC_init(ctx, NULL, 0, NULL) restarts it.
static inline EVP_MAC_CTX *upblit_hmac_sha256_new(const uint8_t *key, size_t key_count) {
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
  EVP_MAC_free(mac);
  OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
    OSSL_PARAM_construct_end(),
  };
  if (context && !EVP_MAC_init(context, key, key_count, parameters)) {
    EVP_MAC_CTX_free(context);
    context = NULL;
  }
  return context;
}

/// HKDF-SHA-256 (RFC 5869) in `mode` EVP_KDF_HKDF_MODE_*; 1 on success.
static inline int upblit_hkdf_sha256(int mode, const uint8_t *key, size_t key_count,
                                     const uint8_t *salt, size_t salt_count, const uint8_t *info,
                                     size_t info_count, uint8_t *output, size_t output_count) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  if (!kdf) return 0;
  EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  if (!context) return 0;
  OSSL_PARAM parameters[6], *next = parameters;
  *next++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
  *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
  *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_count);
  if (salt_count) *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count);
  if (info_count) *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count);
  *next = OSSL_PARAM_construct_end();
  int result = EVP_KDF_derive(context, output, output_count, parameters);
  EVP_KDF_CTX_free(context);
  return result;
}

static inline EVP_PKEY *upblit_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline int upblit_gcm_set_iv_length(EVP_CIPHER_CTX *context, int count) {
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, count, NULL);
}
static inline int upblit_gcm_get_tag(EVP_CIPHER_CTX *context, uint8_t *tag, int count) {
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, count, tag);
}
static inline int upblit_gcm_set_tag(EVP_CIPHER_CTX *context, const uint8_t *tag, int count) {
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, count, (void *)tag);
}
static inline long upblit_bio_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

// Macros of OpenSSL as calls.

static inline int upblit_tls_set_least_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int upblit_tls_add_issuer(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline int upblit_tls_set_server_name(SSL *tls, const char *name) {
  return (int)SSL_set_tlsext_host_name(tls, name);
}
static inline void upblit_tls_ask_for_status(SSL *tls) {
  SSL_set_tlsext_status_type(tls, TLSEXT_STATUSTYPE_ocsp);
}
static inline void upblit_tls_keep_no_sessions(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline int upblit_error_is_of_tls(unsigned long code) {
  return ERR_GET_LIB(code) == ERR_LIB_SSL;
}
static inline int upblit_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int upblit_count_of_certificates(const STACK_OF(X509) *chain) {
  return chain ? sk_X509_num(chain) : 0;
}
static inline X509 *upblit_certificate_at(const STACK_OF(X509) *chain, int index) {
  return sk_X509_value(chain, index);
}
static inline int upblit_count_of_names(const GENERAL_NAMES *names) {
  return names ? sk_GENERAL_NAME_num(names) : 0;
}
static inline const GENERAL_NAME *upblit_name_at(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}
// As RFC 2253 has it, but what is not ASCII as UTF-8.
static inline int upblit_print_name(BIO *bio, const X509_NAME *name) {
  return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}
static inline void upblit_tls_on_status_request(SSL_CTX *context, int (*answer)(SSL *, void *)) {
  SSL_CTX_set_tlsext_status_cb(context, answer);
}
static inline void upblit_tls_staple(SSL *tls, void *bytes, size_t count) {
  SSL_set_tlsext_status_ocsp_resp(tls, bytes, (long)count);
}

// Stacks are macros in OpenSSL 3.
static inline int upblit_chain_count(STACK_OF(X509) *chain) { return sk_X509_num(chain); }
static inline X509 *upblit_chain_at(STACK_OF(X509) *chain, int index) {
  return sk_X509_value(chain, index);
}
static inline void upblit_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }
static inline int upblit_names_count(GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *upblit_names_at(GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}
static inline long upblit_ask_for_ocsp(SSL_CTX *context) {
  return SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
}
static inline long upblit_stapled_ocsp(SSL *tls, const unsigned char **bytes) {
  return SSL_get_tlsext_status_ocsp_resp(tls, bytes);
}

/// RFC 2253, with characters outside ASCII as they are.
static inline unsigned long upblit_name_flags(void) {
  return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
}
