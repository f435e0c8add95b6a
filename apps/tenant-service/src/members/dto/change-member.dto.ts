import { businessRoles, domainRoles, tenantRoles, type TenantRole } from '@plinth/contracts';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';

/** Roles beside that of the membership. */
export class RolesBesideDto {
  /** Of the business and engineering domains; those of INTERNAL_* stay as operators gave them. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsIn([...domainRoles, ...businessRoles], { each: true })
  roles?: string[];

  /** Ids of roles of the tenant's own making. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  customRoleIds?: string[];
}

/** Roles that a member is to have; an absent one stays as it is. */
export class ChangeMemberDto extends RolesBesideDto {
  @IsOptional()
  @IsIn(tenantRoles)
  role?: TenantRole;
}

export class TransferOwnershipDto {
  /** A member of the tenant, who owns it from then on. */
  @IsUUID()
  accountId!: string;
}
