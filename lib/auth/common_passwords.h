/* Common passwords and words that people make passwords of, French and English; private to lib/auth. Stored folded:
 * lower case, no accents, no spaces. What stands behind one of them (digits, signs) does not make it another password,
 * and leet spellings fold to the same. Compiled for Scorpius from what people in French and English offices are apt to
 * choose: rows of keys, first names, clubs, seasons, greetings, trades, software, and sentences. */
#ifndef AUTH_COMMON_PASSWORDS_H
#define AUTH_COMMON_PASSWORDS_H

static const char *const common_passwords[] = {
	/* clang-format off */
	/* keys and numbers */
	"123456", "1234567", "12345678", "123456789", "1234567890", "0123456789", "987654321", "87654321", "654321",
	"111111", "000000", "112233", "121212", "123123", "123321", "147258369", "159753", "666666", "777777", "888888",
	"azerty", "azertyuiop", "azertyui", "azert", "qsdfgh", "qsdfghjklm", "wxcvbn", "aqwzsx", "azeqsd", "aze",
	"azertyqwerty", "qwerty", "qwertyuiop", "qwertz", "qwertyazerty", "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm",
	"1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "qazwsx", "1a2z3e4r", "1a2z3e4r5t", "a1z2e3r4", "a1b2c3d4", "q1w2e3r4",
	"abc", "abcd", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "aaa", "aaaa", "xxx", "zzz", "poiuytreza", "mlkjhgfdsq",
	"nbvcxw", "ytreza", "ytrewq", "jklm", "uiop", "asdf", "qsdf", "wxcv", "zxcv", "abcabc", "azeaze", "azer",
	/* the word itself and access */
	"password", "passwords", "passwd", "passe", "pass", "passw", "passwort", "password123abc", "mypassword",
	"thepassword", "newpassword", "motdepasse", "motdepass", "monmotdepasse", "lemotdepasse", "nouveaumotdepasse",
	"mdp", "monmdp", "mdpmdp", "passpass", "passpartout", "secret", "secrets", "topsecret", "confidentiel", "confidential",
	"login", "logon", "signin", "connexion", "connection", "access", "acces", "letmein", "openup", "opensesame",
	"sesame", "sesameouvretoi", "ouvretoi", "identifiant", "utilisateur", "user", "users", "username", "admin", "admins",
	"administrator", "administrateur", "administration", "root", "toor", "superuser", "superadmin", "supervisor", "master",
	"guest", "invite", "default", "defaut", "changeme", "changezmoi", "changemoi", "achanger", "temporaire",
	"temporary", "temp", "provisoire", "initial", "test", "tests", "tester", "testing", "testtest", "essai", "essais",
	"demo", "demonstration", "example", "exemple", "sample", "system", "systeme", "security", "securite", "secure",
	"securise", "private", "prive", "public", "nopassword", "sansmotdepasse", "whatever", "nimporte", "nimportequoi",
	"peuimporte", "trustno", "noaccess", "key", "cle", "token", "code", "codesecret", "pincode",
	/* greetings and words of every day */
	"welcome", "bienvenue", "bienvenu", "bonjour", "bonsoir", "bonnejournee", "bonneannee", "salut", "coucou", "allo",
	"hello", "helloworld", "hellohello", "hi", "hey", "goodbye", "aurevoir", "merci", "thankyou", "thanks", "please",
	"silvousplait", "joyeuxnoel", "noel", "christmas", "happynewyear", "anniversaire", "birthday", "vacances", "holiday",
	"weekend", "soleil", "sunshine", "sun", "lune", "moon", "etoile", "star", "stars", "starlight", "ciel", "sky", "mer",
	"plage", "beach", "ocean", "montagne", "mountain", "nature", "foret", "forest", "fleur", "fleurs", "flower",
	"flowers", "rose", "roses", "tulipe", "marguerite", "papillon", "butterfly", "liberte", "freedom", "liberty",
	"egalite", "fraternite", "amour", "love", "lover", "loveyou", "iloveyou", "jetaime", "jetadore", "monamour",
	"moncoeur", "coeur", "heart", "cherie", "cheri", "moncheri", "macherie", "doudou", "loulou", "bebe", "baby",
	"babygirl", "chouchou", "choupette", "choupinette", "poupette", "princesse", "princess", "prince", "queen", "reine",
	"king", "roi", "ange", "angel", "angels", "paradis", "paradise", "bonheur", "happiness", "happy", "joie", "espoir",
	"hope", "faith", "jesus", "jesuschrist", "dieu", "god", "lavie", "mavie", "labelle", "lavieestbelle", "cestlavie",
	"famille", "family", "mafamille", "maison", "home", "maman", "mamanpapa", "papa", "papamaman", "mother", "father",
	"mummy", "daddy", "enfant", "enfants", "frere", "soeur", "brother", "sister", "friend", "friends", "ami", "amis",
	"copain", "copine", "toutou", "chat", "chaton", "minou", "chien", "dog", "doggy", "cat", "kitty", "dauphin",
	"dolphin", "lion", "tigre", "tiger", "loup", "wolf", "panthere", "panther", "aigle", "eagle", "cheval", "horse",
	"lapin", "rabbit", "monkey", "singe", "dragon", "dragons", "licorne", "unicorn", "canard", "poney", "ours",
	"chocolat", "chocolate", "caramel", "vanille", "vanilla", "cookie", "cookies", "cheese", "fromage", "banane", "banana",
	"cerise", "cherry", "orange", "pomme", "apple", "fraise", "cafe", "coffee", "biere", "pastis", "pizza", "ricard",
	/* times and places */
	"janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
	"decembre", "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
	"december", "printemps", "ete", "automne", "hiver", "spring", "summer", "autumn", "winter", "lundi", "mardi",
	"mercredi", "jeudi", "vendredi", "samedi", "dimanche", "monday", "tuesday", "wednesday", "thursday", "friday",
	"saturday", "sunday", "france", "lafrance", "vivelafrance", "francais", "paris", "marseille", "lyon", "toulouse",
	"bordeaux", "nantes", "lille", "strasbourg", "rennes", "montpellier", "grenoble", "toulon", "nice", "bretagne",
	"normandie", "alsace", "corse", "provence", "martinique", "guadeloupe", "reunion", "algerie", "maroc", "tunisie",
	"portugal", "italie", "espagne", "london", "londres", "england", "america", "newyork", "california", "europe",
	/* first names */
	"alexandre", "alexandra", "alexis", "amelie", "andrea", "andrew", "anthony", "antoine", "arthur", "aurelie",
	"axel", "camille", "caroline", "catherine", "celine", "charles", "charlie", "charlotte", "chloe", "christian",
	"christine", "christophe", "clement", "daniel", "david", "delphine", "dominique", "elodie", "emilie", "emma",
	"eric", "florian", "francois", "frederic", "gabriel", "george", "guillaume", "hugo", "isabelle", "jacques",
	"jean", "jennifer", "jeremy", "jessica", "jordan", "julie", "julien", "kevin", "laura", "laurent", "lea", "louis",
	"louise", "lucas", "lucie", "manon", "marie", "marine", "martin", "mathieu", "mathilde", "maxime", "melanie",
	"michael", "michel", "michelle", "mickael", "mohamed", "morgane", "nathalie", "nicolas", "nicole", "olivier",
	"oceane", "pascal", "patrick", "pauline", "philippe", "pierre", "quentin", "robert", "romain", "samuel", "sandrine",
	"sarah", "sebastien", "sophie", "stephane", "stephanie", "thomas", "theo", "valentin", "valerie", "vanessa",
	"vincent", "virginie", "william", "xavier", "yannick",
	/* play */
	"football", "foot", "rugby", "tennis", "basketball", "baseball", "soccer", "hockey", "golf", "olympique",
	"olympiquedemarseille", "marseilleom", "allezlesbleus", "allezlom", "psg", "parissg", "parissaintgermain",
	"realmadrid", "barcelona", "barcelone", "liverpool", "chelsea", "arsenal", "juventus", "ronaldo", "messi", "zidane",
	"zizou", "mbappe", "champion", "champions", "winner", "gagnant", "superman", "batman", "spiderman", "starwars",
	"pokemon", "pikachu", "naruto", "sangoku", "goku", "vegeta", "zelda", "mario", "sonic", "minecraft", "fortnite",
	"matrix", "gandalf", "harrypotter", "asterix", "obelix", "tintin", "titeuf", "doraemon", "nirvana", "metallica",
	"music", "musique", "guitar", "guitare", "piano", "rocknroll", "hiphop", "computer", "ordinateur", "internet",
	"google", "facebook", "microsoft", "windows", "office", "outlook", "samsung", "iphone", "android", "linux",
	"ubuntu", "debian", "linkedin", "netflix", "youtube", "wifi", "bouygues", "ferrari", "porsche", "peugeot",
	"renault", "citroen", "mercedes", "mustang", "corvette", "harley", "yamaha", "killer", "shadow", "ninja", "phoenix",
	"hunter", "ranger", "blade", "thunder", "silver", "gold", "diamond", "diamant", "lucky", "magic", "mystere",
	"fuckyou", "merde", "putain", "connard", "salope", "salopes", "asshole", "bitch", "sexy", "nique", "niquetamere",
	/* the office */
	"travail", "boulot", "bureau", "monbureau", "patron", "chef", "directeur", "direction", "secretariat", "secretaire",
	"comptable", "comptabilite", "commercial", "marketing", "finance", "finances", "societe", "entreprise",
	"monentreprise", "company", "business", "work", "worker", "manager", "boss", "employe", "service", "services",
	"equipe", "team", "projet", "project", "client", "clients", "marche", "marches", "marchepublic", "marchespublics",
	"appeloffre", "appeloffres", "appeldoffres", "appelsdoffres", "consultation", "tender", "tenders", "bid", "bidmanager",
	"offre", "offres", "candidature", "dossier", "reponse", "memoire", "memoiretechnique", "mairie", "commune",
	"departement", "region", "prefecture", "ministere", "ecole", "college", "lycee", "universite", "school", "student",
	"etudiant", "professeur", "hopital", "docteur", "infirmiere", "pompier", "police", "gendarme", "ingenieur",
	"informatique", "reseau", "network", "server", "serveur", "database", "oracle", "mysql", "postgres", "postgresql",
	"redis", "docker", "scorpius", "scorpion", "copilot", "copilote", "plateforme", "chantier", "batiment", "travaux",
	/* clang-format on */
};

#endif
