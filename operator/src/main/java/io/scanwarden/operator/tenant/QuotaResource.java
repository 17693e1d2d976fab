package io.scanwarden.operator.tenant;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import io.scanwarden.api.v1alpha1.RawJson;
import org.jspecify.annotations.Nullable;

/**
 * A TenantQuota as the operator reads it: spec and status as the bytes that came, so that reading
 * never fails whatever is stored.
 */
@Group("scanwarden.io")
@Version("v1alpha1")
@Kind("TenantQuota")
@Plural("tenantquotas")
@JsonDeserialize(using = JsonDeserializer.None.class)
@JsonIgnoreProperties(ignoreUnknown = true)
public final class QuotaResource implements HasMetadata {
  private static final long serialVersionUID = 1;

  private String apiVersion = "scanwarden.io/v1alpha1";
  private ObjectMeta metadata = new ObjectMeta();
  private transient @Nullable RawJson spec;
  private transient @Nullable RawJson status;

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    metadata.setManagedFields(null);
    this.metadata = metadata;
  }

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String apiVersion) {
    this.apiVersion = apiVersion;
  }

  public @Nullable RawJson getSpec() {
    return spec;
  }

  public void setSpec(@Nullable RawJson spec) {
    this.spec = spec;
  }

  public @Nullable RawJson getStatus() {
    return status;
  }

  public void setStatus(@Nullable RawJson status) {
    this.status = status;
  }
}
