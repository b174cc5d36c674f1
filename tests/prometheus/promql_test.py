import unittest

import promql


def selected(expression):
    return [str(selector) for selector in promql.read(expression)[0]]


class PromqlTest(unittest.TestCase):
    def test_finds_metrics_among_functions_words_and_numbers(self):
        self.assertEqual(selected("sum by (job) (rate(a_total[5m])) / on (job) b > 1e3 and c offset 10m unless d == bool 5"),
                         ["a_total", "b", "c", "d"])

    def test_finds_labels_that_are_grouped_and_matched_by(self):
        self.assertEqual(promql.read("sum without (x, y) (a) * on (job) group_left (version) b")[1],
                         ["x", "y", "job", "version"])

    def test_takes_no_label_for_a_metric(self):
        self.assertEqual(selected("sum(a) by (le)"), ["a"])

    def test_finds_matchers_whatever_their_values_hold(self):
        self.assertEqual(selected('rate(a{route="/api/article/{id}", status!~"4xx|5xx",}[1m])'),
                         ['a{route="/api/article/{id}", status!~"4xx|5xx"}'])

    def test_knows_recorded_names_and_comments(self):
        self.assertEqual(selected("job:a:rate5m # not b\n / c"), ["job:a:rate5m", "c"])

    def test_names_the_values_of_a_matcher_one_by_one(self):
        def alternatives(expression):
            return promql.read(expression)[0][0].matchers[0].alternatives()

        self.assertEqual(alternatives('a{x="/api/{id}"}'), ["/api/{id}"])
        self.assertEqual(alternatives('a{x!~"b|/c-d"}'), ["b", "/c-d"])
        self.assertEqual(alternatives('a{x=~"b.*"}'), [])
        self.assertEqual(alternatives('a{x=""}'), [])

    def test_says_what_it_does_not_understand(self):
        with self.assertRaisesRegex(ValueError, "from here on: ;"):
            selected("a ;")


if __name__ == "__main__":
    unittest.main()
