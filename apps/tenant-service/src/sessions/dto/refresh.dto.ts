import { IsString, Length } from 'class-validator';

/** Whatever is not a session's token is answered 401, not how it is malformed. */
export class RefreshDto {
  @IsString()
  @Length(1, 200)
  refreshToken!: string;
}
