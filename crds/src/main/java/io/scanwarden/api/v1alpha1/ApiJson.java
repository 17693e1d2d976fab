package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;

/**
 * Jackson, set to read whatever the API server stores.
 *
 * <p>Jackson's own limits are tighter than the API server's: a template that nests 1,001 deep, or a
 * field name of 50,001 characters, is accepted there, and a single such object would make each list
 * and watch of all others fail. What bounds these documents is the size of a request, 3 MiB.
 */
public final class ApiJson {

  /** The API server lets JSON nest 10,000 deep; lists and watch events add a few levels. */
  private static final int MAX_DEPTH = 10_100;

  static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .streamWriteConstraints(
              StreamWriteConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          // Emoji as four bytes of UTF-8, not as two escapes of six.
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .build();

  private ApiJson() {}

  /**
   * A new mapper, to be given to the client: {@code new
   * KubernetesSerialization(ApiJson.newMapper(), true)}. It neither reads nor writes managedFields:
   * nobody here needs them, they can take half of an object's memory and nest as deep as the
   * object. The API server keeps those of an object that is written without any.
   */
  public static ObjectMapper newMapper() {
    return new ObjectMapper(FACTORY.copy()).addMixIn(ObjectMeta.class, WithoutManagedFields.class);
  }

  @JsonIgnoreProperties("managedFields")
  private interface WithoutManagedFields {}
}
