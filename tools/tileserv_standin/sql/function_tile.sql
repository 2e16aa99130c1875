SELECT {function}(%(z)s, %(x)s, %(y)s{arguments})
