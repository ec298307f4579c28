import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Metrics } from './metrics.ts';
import { PARTS, type EdgeRequest, type Parts } from './parts.ts';
import { Problem } from './problem.ts';

/** Health and metrics: how the ledger itself is. */
@Controller()
export class OperationsController {
  private readonly parts: Parts;
  private readonly metricsOf: Metrics;

  constructor(@Inject(PARTS) parts: Parts, @Inject(Metrics) metricsOf: Metrics) {
    this.parts = parts;
    this.metricsOf = metricsOf;
  }

  @Get('health/live')
  healthLive(): object {
    return { status: 'live' };
  }

  @Get('health/ready')
  async healthReady(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const reasons = await this.parts.readiness();
    if (reasons.length > 0) reply.code(503).header('retry-after', '1');
    return { status: reasons.length === 0 ? 'ready' : 'not-ready', reasons };
  }

  @Get('metrics')
  async metrics(@Req() request: EdgeRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.parts.loopback) {
      const { role } = await this.parts.authenticator.principal(request.headers.authorization);
      if (role !== 'administrator') throw new Problem('ROLE_NOT_ALLOWED', { role });
    }
    const text = await this.metricsOf.text();
    await reply.header('content-type', this.metricsOf.contentType).send(text);
  }
}
