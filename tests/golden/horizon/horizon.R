# What R says where follow-up ends at, just before or just after the horizon of 60 months.
#
#   Rscript tests/golden/horizon/horizon.R tests/golden/horizon
#
# writes data.csv (invented patients, seven ways of ending their follow-up) and expected.json. R 4.2, survival, pROC.
# null: R refuses (survfit without `extend`), nobody is followed to the horizon.
library(survival)
suppressPackageStartupMessages(library(pROC))
out <- commandArgs(trailingOnly = TRUE)[1]
at <- 60; times <- c(24, 36, 60); thresholds <- c(0.1, 0.2, 0.3, 0.4); from <- 24

## Patients: times in quarters of a month, so that ties are many; four events and two losses are at 60 exactly.
RNGversion("4.2.0"); set.seed(11)
n <- 96
lp <- round(rnorm(n), 2); arm <- rep(c("T", "T+P"), length.out = n)
event <- pmax(0.25, round(4 * rexp(n, 0.0085 * exp(0.7 * lp - 0.5 * (arm == "T+P")))) / 4)
lost <- pmax(0.25, round(4 * runif(n, 6, 240)) / 4)
event[c(5, 18, 41, 60)] <- 60; lost[c(5, 18, 41, 60)] <- 99; lost[c(7, 30)] <- 60; event[c(7, 30)] <- 200
risk <- sapply(times, function(t) round(1 - exp(-0.0075 * t * exp(0.8 * lp)), 6))
odd <- seq_len(n) %% 2 == 1
ends <- list(at = 60, just_before = 60 - 1e-6, before = 59.9, just_after = 60 + 1e-6, after = 60.1,
             half_at = ifelse(odd, 60, 84), one_after = ifelse(seq_len(n) == which.max(pmin(event, lost)), 84, 60))
cut <- lapply(names(ends), function(name) { end <- pmin(lost, ends[[name]])
  data.frame(way = name, id = seq_len(n), months = pmin(event, end), status = as.integer(event <= end), arm, lp,
             risk24 = risk[, 1], risk36 = risk[, 2], risk60 = risk[, 3]) })
names(cut) <- names(ends)

## survival at t with its log-log interval; NULL where nobody is followed to it
km <- function(d, t = at) { f <- survfit(Surv(months, status) ~ 1, d, conf.type = "log-log", timefix = FALSE)
  if (max(d$months) < t) return(NULL)
  s <- summary(f, times = t, extend = TRUE)
  list(surv = s$surv, se = s$std.err, low = s$lower, high = s$upper, at_risk = s$n.risk, events = sum(f$n.event[f$time <= t])) }
rmean <- function(d) { s <- summary(survfit(Surv(months, status) ~ 1, d, timefix = FALSE), rmean = at)$table
  list(mean = s[["rmean"]], se = s[["se(rmean)"]]) }
weights <- function(d, t = at) rttright(Surv(months, status) ~ 1, d, times = t, timefix = FALSE)
is_case <- function(d, t = at) d$status == 1 & d$months <= t
# Graf's score from its definition, with survival's weights
brier <- function(d, p, t = at) mean(weights(d, t) * (is_case(d, t) - p)^2)
trapezoid <- function(b) sum(diff(times) * (head(b, -1) + tail(b, -1)) / 2) / diff(range(times))
# the same weights from the definition: 1 / G(min(T, t)-) of who is known at t, censorings after events
by_definition <- function(d, t = at) { G <- function(u) { v <- 1
    for (c in sort(unique(d$months[d$status == 0]))) if (c < u) {
      r <- sum(d$months >= c) - sum(d$months == c & d$status == 1); v <- v * (1 - sum(d$months == c & d$status == 0) / r) }
    v }
  known <- is_case(d, t) | d$months >= t
  ifelse(known, 1 / sapply(pmin(d$months, t), G), 0) }
spline <- function(x, k) { m <- length(k); cube <- function(u) pmax(u, 0)^3
  cbind(x, sapply(seq_len(m - 2), function(j) (cube(x - k[j]) - cube(x - k[m - 1]) * (k[m] - k[j]) / (k[m] - k[m - 1]) +
    cube(x - k[m]) * (k[m - 1] - k[j]) / (k[m] - k[m - 1])) / (k[m] - k[1])^2)) }
distances <- function(observed, p) { e <- abs(observed - p)
  list(ici = mean(e), e50 = median(e), e90 = unname(quantile(e, .9)), emax = max(e)) }
calibration <- function(d) { p <- d$risk60; cll <- log(-log(1 - p)); s <- km(d)
  curve <- function(X) { f <- coxph(Surv(d$months, d$status) ~ X, timefix = FALSE); b <- basehaz(f, centered = FALSE)
    H <- max(c(0, b$hazard[b$time <= at])); 1 - exp(-H * exp(as.vector(X %*% coef(f)))) }
  f <- coxph(Surv(months, status) ~ cll, d, timefix = FALSE)
  q <- quantile(p, 0:4 / 4); g <- cut.default(p, q, include.lowest = TRUE, labels = FALSE)
  c(list(slope = coef(f)[[1]], slope_se = sqrt(vcov(f))[[1]]),
    if (!is.null(s)) list(ratio = (1 - s$surv) / mean(p), ratio_low = (1 - s$high) / mean(p), ratio_high = (1 - s$low) / mean(p),
      groups = lapply(1:4, function(i) { k <- km(d[g == i, ]); if (is.null(k)) NULL else list(observed = 1 - k$surv, events = k$events) }),
      straight = distances(curve(cbind(cll)), p), smooth = distances(curve(spline(cll, quantile(cll, c(.1, .5, .9)))), p))) }
net_benefit <- function(d, p) sapply(thresholds, function(h) { i <- p >= h; if (!any(i)) return(0)
  k <- km(d[i, ]); if (is.null(k)) return(NA)
  mean(i) * ((1 - k$surv) - k$surv * h / (1 - h)) })
arms <- function(d) { x <- d[d$arm == "T+P", ]; y <- d[d$arm == "T", ]; kx <- km(x); ky <- km(y); mx <- rmean(x); my <- rmean(y)
  short <- transform(d, status = as.integer(status == 1 & months <= at), months = pmin(months, at)); short$x <- as.numeric(d$arm == "T+P")
  f <- coxph(Surv(months, status) ~ x, short, timefix = FALSE); sd <- survdiff(Surv(months, status) ~ x, short)
  c(list(cox = coef(f)[[1]], cox_se = sqrt(vcov(f))[[1]], logrank = sd$chisq, events_cut = unname(sd$obs),
         rmst = mx$mean - my$mean, rmst_se = sqrt(mx$se^2 + my$se^2)),
    if (!is.null(kx) && !is.null(ky)) list(difference = kx$surv - ky$surv, difference_se = sqrt(kx$se^2 + ky$se^2), needed = 1 / (kx$surv - ky$surv))) }
operating <- function(d) { known <- is_case(d) | d$months >= at; if (!any(known & !is_case(d))) return(NULL)
  r <- roc(is_case(d)[known], d$risk60[known], levels = c(FALSE, TRUE), direction = "<", quiet = TRUE)
  b <- coords(r, "best", best.method = "youden", ret = c("threshold", "sensitivity", "specificity"), transpose = FALSE)[1, ]
  y <- is_case(d)[known]; pos <- d$risk60[known] >= 0.3
  list(n = sum(known), events = sum(y), auc = as.numeric(auc(r)), threshold = min(coords(r, "best", best.method = "youden", ret = "threshold", transpose = FALSE)$threshold),
       youden = b$sensitivity + b$specificity - 1, sensitivity = mean(pos[y]), specificity = mean(!pos[!y])) }

says <- function(d) { s <- km(d); followed <- !is.null(s); w <- weights(d)
  stopifnot(isTRUE(all.equal(unname(w), by_definition(d), tolerance = 1e-12)))
  P <- as.matrix(d[, c("risk24", "risk36", "risk60")]); y <- as.numeric(is_case(d))
  C <- function(...) concordance(Surv(months, status) ~ lp, d, reverse = TRUE, ymax = at, timefix = FALSE, ...)$concordance
  lm <- d[d$months > from, ]; lm$months <- lm$months - from; end <- d[d$months > at, ]
  null_p <- if (followed) 1 - s$surv
  lo <- log(d$risk60 / (1 - d$risk60))
  list(survival = s, rmean = rmean(d), weights = if (followed) unname(w),
    harrell = C(), uno = C(timewt = "n/G2"), calibration = calibration(d), arms = arms(d), operating = operating(d),
    net_benefit = if (followed) net_benefit(d, d$risk60), treat_all = if (followed) net_benefit(d, rep(1, nrow(d))),
    landmark = list(n = nrow(lm), events_before = sum(is_case(d, from)), surv = km(lm, at - from)$surv),
    landmark_at = list(n = nrow(end), events_before = sum(is_case(d)), censored_before = sum(d$status == 0 & d$months <= at)),
    brier = if (followed) list(model = brier(d, d$risk60), null = brier(d, null_p), certain = brier(d, 1), never = brier(d, 0),
      integrated = trapezoid(sapply(seq_along(times), function(i) brier(d, P[, i], times[i])))),
    auc = if (followed) list(model = concordance(y ~ d$lp, weights = w, subset = w > 0)$concordance, cases = sum(y), controls = sum(w > 0 & y == 0)),
    recalibration = if (followed) list(
      intercept = coef(glm(y ~ 1, offset = lo, weights = w, family = quasibinomial, control = glm.control(1e-12, 100), subset = w > 0))[[1]],
      slope = coef(glm(y ~ lo, weights = w, family = quasibinomial, control = glm.control(1e-12, 100), subset = w > 0))[[2]]),
    adequacy = if (followed) list(events = s$events, ratio_width = 2 * sinh(qnorm(.975) * s$se / (1 - s$surv)))) }

## JSON without a package
json <- function(x) if (is.null(x)) "null" else if (is.list(x)) {
    part <- vapply(x, json, ""); if (is.null(names(x))) paste0("[", paste(part, collapse = ", "), "]") else
    paste0("{", paste0("\"", names(x), "\": ", part, collapse = ", "), "}") } else if (is.character(x)) paste0("\"", x, "\"") else {
    v <- ifelse(is.na(x), "null", sprintf("%.15g", x)); if (length(v) == 1) v else paste0("[", paste(v, collapse = ", "), "]") }
write.csv(transform(do.call(rbind, cut), months = sprintf("%.17g", months)), file.path(out, "data.csv"), row.names = FALSE, quote = FALSE)
made <- list(R = R.version.string, survival = as.character(packageVersion("survival")), pROC = as.character(packageVersion("pROC")))
found <- lapply(cut, says)
writeLines(c("{", paste0("\"made\": ", json(made), ","), paste0("\"", names(found), "\": ", vapply(found, json, ""), c(rep(",", length(found) - 1), "")), "}"), file.path(out, "expected.json"))
