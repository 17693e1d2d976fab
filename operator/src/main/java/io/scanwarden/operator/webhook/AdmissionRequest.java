package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a decision about an object needs of an AdmissionReview. Specs are kept as the bytes that
 * came, so that whatever the API server stores can be read. A component is null where the field is
 * absent.
 *
 * @param object as it would be stored
 * @param oldObject as it is stored
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record AdmissionRequest(
    @Nullable String uid,
    @Nullable String operation,
    @Nullable String namespace,
    boolean dryRun,
    @Nullable Reviewed object,
    @Nullable Reviewed oldObject,
    @Nullable UserInfo userInfo) {

  private static final ObjectMapper JSON = ApiJson.newMapper();

  /** The object that a request is about. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Reviewed(@Nullable ObjectMeta metadata, @Nullable RawJson spec) {}

  /** Who asks. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record UserInfo(@Nullable String username) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Review(@Nullable AdmissionRequest request) {}

  /**
   * Reads an AdmissionReview.
   *
   * @throws IOException if it is none, or has no request
   */
  static AdmissionRequest of(byte[] review) throws IOException {
    Review read = JSON.readValue(review, Review.class);
    AdmissionRequest request = read == null ? null : read.request();
    if (request == null || request.id().isEmpty()) {
      throw new IOException("no AdmissionReview with a request");
    }
    return request;
  }

  /** What the answer has to repeat. */
  String id() {
    return uid == null ? "" : uid;
  }

  boolean creates() {
    return "CREATE".equals(operation);
  }

  /** Empty for an object that belongs to no namespace. */
  String inNamespace() {
    return namespace == null ? "" : namespace;
  }

  /**
   * The object's name; empty if it has none. The request itself has none where the API server makes
   * one up by generateName.
   */
  String name() {
    return metadata().map(ObjectMeta::getName).orElse("");
  }

  /** The UID that the object will have; empty if it has none. */
  String objectUid() {
    return metadata().map(ObjectMeta::getUid).orElse("");
  }

  /** Who asks, as the API server names it; empty if it does not. */
  String user() {
    return userInfo == null || userInfo.username() == null ? "" : userInfo.username();
  }

  boolean hasLabel(String key) {
    return metadata()
        .map(ObjectMeta::getLabels)
        .map(Map::keySet)
        .filter(keys -> keys.contains(key))
        .isPresent();
  }

  private Optional<ObjectMeta> metadata() {
    return Optional.ofNullable(object).map(Reviewed::metadata);
  }

  /** The spec as it would be stored. */
  Optional<RawJson> spec() {
    return Optional.ofNullable(object).map(Reviewed::spec);
  }

  /** The spec as it is stored. */
  Optional<RawJson> oldSpec() {
    return Optional.ofNullable(oldObject).map(Reviewed::spec);
  }
}
