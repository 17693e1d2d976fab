/** TenantQuota: whose namespaces are whose, what each tenant holds, and who may have more. */
@NullMarked
package io.scanwarden.operator.tenant;

import org.jspecify.annotations.NullMarked;
