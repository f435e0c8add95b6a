import { BootstrapOperatorConfig, runBootstrap } from './operators/run-bootstrap.js';

await runBootstrap(BootstrapOperatorConfig.fromEnvironment(process.env));
