export { quantile, slope, sorted } from "../support/figures.ts";
