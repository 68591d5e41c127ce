import { whole } from './figures.js'
import { html, type Markup } from './html.js'

/** Amounts by name, as bars with their numbers. */
export function barChart(
  title: string,
  bars: readonly (readonly [name: string, amount: number])[],
): Markup {
  const most = Math.max(...bars.map(([, amount]) => amount), 1)
  return html`<figure>
    <figcaption>${title}</figcaption>
    <table class="bars">
      ${bars.map(
        ([name, amount]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td class="number">${whole(amount)}</td>
            <td class="bar" aria-hidden="true">
              <i style="width:${((amount / most) * 100).toFixed(1)}%"></i>
            </td>
          </tr>`,
      )}
    </table>
  </figure>`
}
