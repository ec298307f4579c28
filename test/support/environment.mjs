import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's own environment, but for how its global object is made. Jest's is a proxy behind an interceptor, so that every `Math`, `Map` or `BigInt`
 * in a test or in what it tests costs as much as a call of a function that nothing compiles: a third of all that the tests do.
 */
export default class PlainGlobals extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }
}
