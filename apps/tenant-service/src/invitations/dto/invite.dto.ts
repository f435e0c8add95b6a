import { tenantRoles, type TenantRole } from '@plinth/contracts';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { EmailAddress } from '../../accounts/dto/email-address.js';
import { RolesBesideDto } from '../../members/dto/change-member.dto.js';

export class InviteDto extends RolesBesideDto {
  @EmailAddress()
  email!: string;

  @IsIn(tenantRoles)
  role!: TenantRole;

  /** Until it expires; 168 where absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(720)
  validHours?: number;
}

export class AcceptInvitationDto {
  /** As the invitation's mail has it. */
  @IsString()
  @Length(1, 200)
  token!: string;
}
