import { describe, expect, test } from '@jest/globals';

import { parseCsv, readTable } from './shared-data.ts';

describe('tables', () => {
  test.each([
    {
      name: 'lines and cells',
      text: 'a,b\n1,2\n',
      expected: [
        ['a', 'b'],
        ['1', '2'],
      ],
    },
    {
      name: 'no line feed at the end',
      text: 'a,b\n1,2',
      expected: [
        ['a', 'b'],
        ['1', '2'],
      ],
    },
    {
      name: 'quotes, commas and line feeds in a cell',
      text: 'a,b\n"x, ""y""\nz",2\n',
      expected: [
        ['a', 'b'],
        ['x, "y"\nz', '2'],
      ],
    },
    {
      name: 'empty cells',
      text: ',b,\r\n,,\r\n',
      expected: [
        ['', 'b', ''],
        ['', '', ''],
      ],
    },
    { name: 'nothing', text: '', expected: [] },
  ])('$name', ({ text, expected }) => {
    expect(parseCsv(text)).toEqual(expected);
  });

  test('a quote that never ends is no table', () => {
    expect(() => parseCsv('a\n"b')).toThrow('no cell begins at place 2');
  });

  test('a table that is not there is undefined', () => {
    expect(readTable('no-such-table.csv')).toBeUndefined();
  });
});
