/**
 * On-demand price of a million write request units in us-east-1, in USD; other regions differ.
 * From the cost calculator of aws/agent-toolkit-for-aws (`calculate_costs.py`).
 */
export const USD_PER_MILLION_WRITE_UNITS = 0.625

/** For people, beside an amount that was made with it. */
export const PRICE_NOTE = '$0.625 per million write units (us-east-1; other regions differ)'
