"""The words that say what a story is about: reviewed lists per topic and language.

In each topic's text, words before the bar are strong (they alone say it), those behind it are weak.
Words meet in their stems; "two-words" stand next to each other in a text. A word with "=" in
front must be written exactly so: its stem means something else as well.
"""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "politics": """
        election re-election electoral ballot referendum parliament parliamentary senate senator
        congress congressional congressman congresswoman lawmaker legislator legislature
        prime-minister foreign-minister interior-minister health-minister finance-minister
        foreign-secretary home-secretary cabinet coalition white-house kremlin downing-street
        capitol-hill house-representatives republican democrats tory voter impeach impeachment veto
        legislation diplomat diplomatic diplomacy ambassador embassy brexit geopolitical bilateral
        presidential president-elect vice-president unity-government ruling-party national-party
        opposition-party opposition-leader labour-party conservative-party communist-party
        foreign-policy european-union united-nations european-commission political politician
        state-union midterm caucus filibuster statehood =mp =mps chancellor bundestag duma knesset
        immigration-ban executive-order travel-ban gubernatorial swing-state poll-station coup
        junta dictator regime | president minister government governor mayor council councilor
        councillor vote poll candidate campaign party policy bill law premier treaty summit
        sanctions immigration asylum border deport nationalism populist democracy democratic
        opposition partisan administration federal secretary speaker ministry visa censorship
        senate-committee disinformation propaganda white-paper budget administration lobbying
        conservative liberal
        """,
    "conflict": """
        war warfare airstrike air-strike missile ballistic troops soldier militia insurgent
        insurgency rebel guerrilla ceasefire truce artillery bombardment shelling frontline
        battlefield invasion invade occupation hostilities terrorist terrorism jihadist
        islamic-state taliban al-qaeda hamas hezbollah suicide-bombing suicide-bomber car-bomb
        drone-strike warplane fighter-jet gunboat warship paramilitary military nuclear-weapon
        hostage militant bandits army-general naval defence-ministry defense-ministry
        revolutionary-guard war-crime genocide ethnic-cleansing peace-talks sniper | army
        navy marines clash rocket bomb bombing attack weapon armed offensive peace defense defence
        pentagon nato guerilla veteran commander bin-laden siege blockade drone espionage spy
        intelligence
        """,
    "economy": """
        economy economic economist recession inflation interest-rate central-bank stock-market
        wall-street share-price shareholder investor dividend bankruptcy bankrupt insolvency
        insolvent administrators creditor bailout tariff trade-deal trade-war gross-domestic gdp
        fiscal monetary oil-price crude barrel commodity earnings quarterly-profit net-profit
        takeover merger acquisition startup entrepreneur retailer retail consumer-spending
        house-price property-price housing-market mortgage loan small-business stimulus-package
        stimulus exporter importer export supply-chain automaker carmaker airline manufacturer
        hedge-fund private-equity venture-capital cryptocurrency bitcoin exchange-rate dollar-fell
        bond-yield treasury taxpayer tax petrol-price fuel-price subsidy federal-reserve nasdaq
        dow-jones ftse nikkei hang-seng start-up initial-offering ipo | bank market stock shares
        price sales revenue profit loss debt deficit budget spending business company firm industry
        corporate finance financial fund investment trade currency dollar euro yuan consumer demand
        customer subscriber rent landlord tenant billion oil petrol energy-company factory
        chief-executive ceo boss product tourism hotel wage-subsidy rental relief-package furlough
        property insurer insurance pension
        """,
    "crime": """
        murder murderer homicide manslaughter rape rapist sexual-assault sex-assault sex-abuse
        sexual-abuse robbery robber burglary burglar theft thief thieves stole stolen fraud
        fraudster scam scammer embezzlement bribery bribe corruption arrested arrest detained
        suspect convicted conviction convict guilty acquitted acquit sentenced jailed jail prison
        prisoner inmate prosecutor prosecution murder-trial jury verdict lawsuit sue sued
        supreme-court high-court appeal-court court-appeal magistrate gunman gunshot stabbing
        stabbed kidnap kidnapping abduction trafficking smuggling cartel drug-dealer
        money-laundering extortion detective search-warrant manhunt fugitive mass-shooting
        murder-suicide shot-dead shot-police arson hacker pedophile paedophile felony misdemeanor
        parole bail indictment indicted plea tortured torture assaulted defamation plaintiff
        defendant extradition criminal crime lapd nypd vandal | police trial officer cop court
        judge charged charge attorney lawyer investigation shooting shot killed gang victim
        violence violent assault allegedly alleged law-enforcement fbi sheriff accused warrant
        custody fine justice offence offense offender illegal weapon knife gun =missing abuse
        machete rampage
        """,
    "disaster": """
        earthquake quake aftershock tsunami tornado hurricane typhoon cyclone wildfire bushfire
        flood flooding landslide mudslide avalanche eruption volcano volcanic plane-crash
        helicopter-crash train-crash derailment derailed car-crash bus-crash fatal-crash collision
        shipwreck capsized explosion exploded blaze firefighter rescue-workers search-rescue
        evacuate evacuation collapsed drowned drowning famine oil-spill stampede natural-disaster
        state-emergency gas-leak magnitude sinkhole | crash fire rubble survivor rescue rescuer
        emergency-services accident destroyed storm wreck death-toll disaster debris hazardous
        """,
    "health": """
        hospital patient doctor nurse physician surgeon vaccine vaccination vaccinate immunity
        infection infectious disease epidemic outbreak symptom diagnosis diagnosed cancer tumor
        diabetes stroke heart-attack dementia alzheimer mental-health therapy clinical medicine
        medication medical drug-trial antibody antibodies ventilator intensive-care public-health
        health-care healthcare =nhs surgery transplant measles malaria ebola hiv influenza opioid
        overdose obesity obese epidemiologist epidemiology health-officials health-ministry
        department-health health-department world-health quarantine self-isolate
        protective-equipment ppe hydroxychloroquine pharmaceutical abortion midwife
        coronavirus-case confirmed-case new-cases coronavirus-death virus-death face-mask swab
        tested-positive contact-tracing health-workers aged-care nursing-home rest-home care-home
        autism paramedic ambulance rehab | coronavirus covid virus pandemic health case infected
        test testing mask cure treatment dose die-after clinic recover recovery isolation
        social-distancing lockdown transmission carer disability suicide cdc fda hygiene
        ministry-health patients addiction smoker smoking
        """,
    "science": """
        scientist astronomer astronomy physicist physics telescope spacecraft nasa astronaut
        space-station satellite asteroid comet planet galaxy fossil dinosaur archaeologist
        archaeology archaeological genome gene genetic dna species-discovered biologist chemist
        laboratory quantum algorithm artificial-intelligence machine-learning software smartphone
        iphone cybersecurity cyberattack robot robotics semiconductor chip supercomputer
        social-media tech-giant technology tech neuroscience mars moon-landing lunar orbit
        rocket-launch spacex evolution extinct prehistoric neanderthal ancient paleontologist
        nobel-prize particle meteor | facebook google microsoft whatsapp youtube research
        researcher study scientific experiment discovery internet online-platform digital computer
        =data innovation device twitter laptop app space engineers gadget drone browser wi-fi
        video-call hack journal
        """,
    "environment": """
        climate-change global-warming greenhouse-gas carbon-emission emissions carbon-dioxide
        deforestation rainforest biodiversity endangered-species endangered conservation
        conservationist wildlife pollution polluted pollutant air-quality plastic-waste recycling
        renewable solar-power wind-farm wind-power fossil-fuel net-zero coral-reef glacier
        ice-sheet arctic-ice sea-level ecosystem ecological environmental environmentalist
        earth-day poaching poacher climate-crisis climate-activist pesticide landfill habitat
        hazardous-waste water-quality drought logging | climate environment carbon waste forest
        nature national-park species animal whale shark bird bear leopard elephant tiger-cub river
        water cubs marine sustainable green-energy energy coal
        """,
    "society": """
        homeless homelessness rough-sleepers migrant refugee immigrant immigration racism racist
        discrimination gender equality lgbt transgender same-sex feminist feminism protest
        protester demonstrator demonstration civil-rights human-rights poverty poor-families
        inequality social-care welfare charity foodbank food-bank volunteer fundraiser fundraising
        donation census population minority indigenous aboriginal maori pasifika domestic-violence
        child-care childcare =elderly orphan adoption social-worker press-freedom freedom-press
        holocaust memorial funeral burial anzac commemorate community-groups soup-kitchen
        loneliness divorce-rate overcrowded | community family families parents children people
        living residents neighbor neighbour tradition =generation youth women rights activists
        =housing shelter prejudice anniversary donate hero tribute grandmother =aged
        """,
    "education": """
        school schools student pupil teacher classroom =university =universities college campus
        curriculum kindergarten preschool primary-school high-school tuition exam exams examination
        sat-test scholarship graduate graduation undergraduate homeschooling distance-learning
        online-learning literacy academic education educational headteacher principal-school
        school-closure schooling | teaching learning lessons degree campus-life lecturer
        teachers-union training academy pupils textbook
        """,
    "labor": """
        unemployment unemployed jobless job-loss jobs-lost layoff lay-off laid-off furloughed
        redundancy redundancies trade-union labor-union labour-union minimum-wage wage-support
        wage-subsidy strike-action walkout picket gig-workers gig-economy workforce workplace
        migrant-workers foreign-workers paid-leave sick-leave pay-cut overtime job-cuts
        unemployment-benefits jobseeker jobseekers hiring-freeze displaced-workers
        collective-bargaining work-home working-home remote-work employment | worker workers jobs
        employee employer staff wage salary union hiring strike labor labour payroll career
        stand-down dormitories workers
        """,
    "sport": """
        football footballer soccer rugby cricket cricketer tennis golf golfer basketball baseball
        hockey athletics athlete olympic olympics paralympic olympian championship champions-league
        premier-league world-cup grand-slam grand-prix formula-1 formula-one quarterback striker
        midfielder goalkeeper =defender =defenders batsman bowler wicket innings touchdown coach
        manager-sacked nfl nba mlb nhl afl nrl mls ufc fifa uefa ioc espn transfer-window loan-deal
        free-agent nfl-draft draft-pick super-bowl world-series playoffs playoff semi-final
        semifinal quarterfinal quarter-final knockout =boxing =boxer heavyweight wrestler wrestling
        wwe wimbledon roland-garros us-open ashes tour-de-france cyclist cycling marathon sprinter
        swimmer swimming-champion gymnast gymnastics skier surfer surfing jockey horse-racing
        racecourse stadium scoreboard all-blacks wallabies super-rugby lakers yankees dodgers
        celtics patriots buccaneers barcelona-midfielder manchester-united manchester-city
        liverpool-fc arsenal chelsea tottenham hall-famer state-origin wbbl netball esports
        playmaker rower medalist medallist referee supercars motogp cbf fixture | league =team
        season =match =matches player cup coach club =race champion =goal =goals =game =games sport
        tournament squad finals title win fans team-mate teammate captain =score trophy draft
        """,
    "culture": """
        film movie cinema box-office hollywood actor actress director-film screenplay filmmaker
        oscar emmy grammy golden-globe netflix disney hbo bbc-drama tv-series sitcom television
        reality-show showrunner album singer songwriter rapper band-member concert orchestra opera
        ballet theatre theater broadway musical playlist pop-star novel novelist author-book
        bestseller poet poetry literature painting painter sculpture sculptor art-gallery museum
        exhibition artist biennale festival comedian comedy documentary podcast video-game nintendo
        playstation soap-opera eurovision saturday-night-live celebrity celebrities kardashian
        box-set streaming-service drag-race x-factor bachelor love-island | music song star show tv
        series episode art arts stage drama book books reader publisher fan premiere trailer
        character stars audience entertainment broadcaster host presenter cultural heritage
        magazine fame streaming
        """,
    "lifestyle": """
        recipe recipes cook cooking baking bake chef restaurant cocktail cuisine dessert meatballs
        vegan diet weight-loss workout fitness-trainer yoga skincare beauty makeup make-up
        hairstyle haircut fashion stylist wardrobe dress outfit designer-label handbag shoe catwalk
        wedding bride bridal honeymoon dating relationship-expert relationship sex-life sex-expert
        horoscope zodiac astrology travel-tips holiday-destination staycation interior-design
        home-decor gardening gardener diy bargain deals discount-code black-friday gift-guide pet
        puppy kitten dog-owner =parenting toddler parents-to-be duke duchess prince princess royal
        royals kate-middleton meghan-markle prince-harry prince-george queen-birthday birthday
        bikini instagram influencer selfie lockdown-look adorable heartwarming viral crossword quiz
        sudoku etiquette =mindfulness self-care homeware ikea cup-tea tea-day supermarket-shelf
        must-have nail-polish glamorous | =style food drink wine beer coffee cake shopping shopper
        garden travel baby boyfriend girlfriend wear fun tips hair snap love sweet dance decor
        """,
    "religion": """
        pope vatican church churches bishop archbishop cardinal-catholic catholic mosque imam
        muslim islam islamic ramadan eid rabbi synagogue jewish judaism hindu temple buddhist monk
        nun priest clergy pastor sermon christian christianity evangelical bible quran koran easter
        passover pilgrimage hajj prayer worship worshippers religious religion congregation
        mass-sunday diwali orthodox-church theology dalai-lama | faith spiritual holy sacred pray
        god easter-sunday fasting
        """,
    "weather": """
        forecast forecaster heatwave heat-wave cold-snap snowfall blizzard thunderstorm rainfall
        met-office weather-bureau meteorologist meteorological weather temperatures-soar humidity
        frost hailstorm heavy-rain gusts sunniest hottest-day coldest-day met-service warm-spell
        sunny-spells weather-warning | rain snow wind storm temperatures sunny sunshine heat cold
        degrees wet showers summer winter
        """,
}

GERMAN: Mapping[str, str] = {
    "politics": """
        wahl bundestag bundesrat kanzler kanzlerin bundeskanzler bundeskanzlerin minister
        ministerin präsident präsidentin koalition opposition abgeordnete partei parlament landtag
        regierung bundesregierung cdu csu spd afd fdp eu-kommission botschafter diplomat brexit
        gesetzentwurf volksabstimmung ministerpräsident senat | gesetz politik politiker abstimmung
        gipfel verhandmeasles
        """,
    "conflict": """
        krieg soldat truppen bundeswehr rakete luftangriff waffenruhe angriff miliz terror
        terrorist terroranschlag anschlag geisel panzer armee front | militär waffen bombe kämpfe
        offensive drohne
        """,
    "economy": """
        wirtschaft konjunktur rezession inflation börse aktie dax aktionär konzern insolvenz zinsen
        zentralbank ezb umsatz gewinn verlust übernahme fusion haushalt steuer kurzarbeitergeld
        export ölpreis | unternehmen firma bank markt preis handel milliarde industrie
        """,
    "crime": """
        mord mörder totschlag festnahme festgenommen verhaftet staatsanwaltschaft staatsanwalt
        gericht urteil prozess angeklagte verurteilt haftstrafe gefängnis betrug betrüger raub
        einbruch diebstahl vergewaltigung ermittler landgericht bundesgerichtshof | polizei täter
        opfer verdacht ermittlung richter anklage tatverdächtige
        """,
    "disaster": """
        erdbeben hochwasser überschwemmung waldbrand großbrand flugzeugabsturz zugunglück unfall
        verkehrsunfall explosion erdrutsch lawine vulkan tsunami feuerwehr katastrophe unglück |
        brand feuer verletzte evakuiert rettung tote
        """,
    "health": """
        krankenhaus klinik patient arzt ärztin impfstoff impfung infektion virus krankheit krebs
        intensivstation epidemie ansteckung pflegeheim medikament gesundheit robert-koch-institut
        rki neuinfektion | corona coronavirus pandemie maske test symptom pflege
        """,
    "science": """
        forscher forscherin wissenschaft wissenschaftler weltraum raumfahrt satellit astronaut
        teleskop physik gen künstliche-intelligenz software smartphone app archäologe fossil |
        studie technik technologie internet digital daten computer
        """,
    "environment": """
        klimawandel klimaschutz klimakrise co2 emission umwelt umweltschutz artenschutz naturschutz
        erneuerbare windkraft solarenergie luftverschmutzung artensterben dürre | klima natur wald
        tiere energie plastik
        """,
    "society": """
        flüchtling migration migrant rassismus diskriminierung gleichberechtigung demonstration
        demonstranten armut obdachlose gesellschaft ehrenamt menschenrechte gedenken | familie
        kinder senioren jugendliche protest
        """,
    "education": """
        schule schüler schülerin lehrer lehrerin universität hochschule studierende studenten
        abitur kita unterricht bildung | prüfung studium lernen
        """,
    "labor": """
        arbeitslosigkeit arbeitslose kurzarbeit gewerkschaft streik tarifvertrag mindestlohn
        arbeitnehmer arbeitgeber stellenabbau homeoffice beschäftigte verdi | lohn gehalt job
        mitarbeiter arbeitsplatz
        """,
    "sport": """
        fußball bundesliga champions-league trainer spieler stürmer torwart weltmeister
        weltmeisterschaft europameisterschaft olympia dfb handball tennis formel-1 fc-bayern
        borussia sieg niederlage tor turnier pokal | mannschaft saison verein spiel liga
        """,
    "culture": """
        film kino schauspieler schauspielerin regisseur sänger sängerin album konzert oper theater
        museum ausstellung künstler roman autor schriftsteller berlinale serie tatort festival |
        musik buch kunst kultur fernsehen bühne
        """,
    "lifestyle": """
        rezept kochen backen mode trend horoskop hochzeit royals prinz prinzessin herzogin urlaub
        reise garten diät fitness promi promis schnäppchen rabatt | stil essen trinken
        """,
    "religion": """
        kirche papst vatikan bischof kardinal moschee islam muslime synagoge juden jüdisch priester
        pfarrer ostern weihnachten gottesdienst ramadan | glaube religion gebet
        """,
    "weather": """
        wetter unwetter wetterdienst gewitter hitzewelle schneefall sturmböen vorhersage | regen
        schnee sturm sonne temperatur
        """,
}

FRENCH: Mapping[str, str] = {
    "politics": """
        élection électoral présidentielle législatives municipales premier-ministre ministre
        président sénat sénateur député parlement gouvernement élysée matignon référendum coalition
        opposition ambassadeur diplomatie parti assemblée-nationale union-européenne | loi vote
        politique maire sommet
        """,
    "conflict": """
        guerre soldat militaire armée missile frappe bombardement cessez-le-feu terroriste
        terrorisme attentat djihadiste otage milice rebelle | attaque arme bombe combat
        """,
    "economy": """
        économie économique récession inflation bourse actionnaire banque-centrale bce
        chômage-partiel faillite bénéfice chiffre-affaires pib budget impôt fiscalité investisseur
        relance | entreprise marché prix banque milliard commerce industrie
        """,
    "crime": """
        meurtre assassinat homicide viol arrêté interpellé garde-vue procureur parquet tribunal
        procès condamné prison détenu escroquerie vol cambriolage enquêteur mis-examen | police
        gendarme enquête juge suspect victime justice
        """,
    "disaster": """
        séisme tremblement-terre inondation incendie ouragan cyclone éboulement avalanche crash
        accident naufrage explosion catastrophe pompiers | évacué secours blessé
        """,
    "health": """
        hôpital patient médecin infirmier infirmière vaccin vaccination infection virus maladie
        cancer épidémie réanimation médicament santé ehpad contamination | coronavirus covid
        pandémie masque test confinement
        """,
    "science": """
        chercheur scientifique espace satellite astronaute fusée télescope physique
        intelligence-artificielle logiciel smartphone archéologue fossile génétique | étude
        technologie numérique internet recherche
        """,
    "environment": """
        climat climatique réchauffement-climatique biodiversité pollution émissions écologie
        écologiste environnement déforestation sécheresse renouvelable | énergie nature forêt
        animaux
        """,
    "society": """
        migrant réfugié racisme discrimination manifestation manifestant pauvreté sans-abri égalité
        féminisme associations solidarité droits-homme | famille enfants jeunes femmes
        """,
    "education": """
        école élève enseignant professeur université étudiant lycée collège baccalauréat
        rentrée-scolaire éducation | cours examen classe
        """,
    "labor": """
        chômage chômeur syndicat grève salarié licenciement smic télétravail retraites cgt cfdt
        employeur | emploi salaire travail
        """,
    "sport": """
        football ligue-1 rugby tennis roland-garros psg joueur entraîneur match championnat
        coupe-monde jeux-olympiques tour-france cyclisme attaquant but équipe-france | club saison
        équipe victoire
        """,
    "culture": """
        film cinéma acteur actrice réalisateur chanteur chanteuse album concert opéra théâtre musée
        exposition artiste roman écrivain festival cannes série | musique livre art culture
        télévision
        """,
    "lifestyle": """
        recette cuisine mode beauté horoscope mariage prince princesse vacances voyage jardin
        régime astuces bon-plan soldes people | style maison
        """,
    "religion": """
        pape vatican église évêque cardinal mosquée islam musulman juif synagogue prêtre pâques
        ramadan messe | foi religion prière
        """,
    "weather": """
        météo orage canicule neige tempête précipitations vigilance-orange météo-france | pluie
        vent températures
        """,
}

SPANISH: Mapping[str, str] = {
    "politics": """
        elecciones electoral presidente presidenta ministro ministra congreso senado diputado
        parlamento gobierno partido coalición oposición referéndum embajador diplomacia moncloa
        psoe podemos | ley voto política alcalde cumbre
        """,
    "conflict": """
        guerra soldado ejército militar misil bombardeo alto-fuego terrorista terrorismo atentado
        yihadista rehén milicia guerrilla | ataque arma bomba combate
        """,
    "economy": """
        economía económico recesión inflación bolsa accionista banco-central bce quiebra beneficio
        pib presupuesto impuesto inversor aranceles petróleo | empresa mercado precio banco
        millones comercio industria
        """,
    "crime": """
        asesinato asesino homicidio violación detenido arrestado fiscal fiscalía tribunal juicio
        condenado cárcel prisión estafa robo secuestro narcotráfico corrupción | policía
        investigación juez sospechoso víctima
        """,
    "disaster": """
        terremoto sismo inundación incendio huracán ciclón alud avalancha accidente naufragio
        explosión catástrofe bomberos volcán | evacuado rescate heridos
        """,
    "health": """
        hospital paciente médico enfermera vacuna vacunación infección virus enfermedad cáncer
        epidemia contagio sanidad salud medicamento uci | coronavirus covid pandemia mascarilla
        confinamiento
        """,
    "science": """
        científico investigador espacio satélite astronauta telescopio física
        inteligencia-artificial fósil arqueólogo genética nasa | estudio tecnología internet
        digital
        """,
    "environment": """
        cambio-climático calentamiento-global biodiversidad contaminación emisiones ecologista
        medioambiente medio-ambiente deforestación sequía renovable | clima energía naturaleza
        bosque
        """,
    "society": """
        migrante refugiado racismo discriminación manifestación manifestante pobreza igualdad
        feminismo solidaridad derechos-humanos | familia niños jóvenes mujeres
        """,
    "education": """
        escuela alumno profesor universidad universitario estudiante instituto colegio selectividad
        educación | clases examen curso
        """,
    "labor": """
        desempleo desempleado sindicato huelga despido erte salario-mínimo teletrabajo trabajador |
        empleo salario trabajo paro
        """,
    "sport": """
        fútbol liga jugador entrenador partido-liga champions mundial real-madrid barcelona-fc
        tenis baloncesto olímpicos delantero gol ciclismo fórmula-1 | equipo temporada club
        victoria
        """,
    "culture": """
        película cine actor actriz director-cine cantante álbum concierto ópera teatro museo
        exposición artista novela escritor festival serie | música libro arte cultura televisión
        """,
    "lifestyle": """
        receta cocina moda belleza horóscopo boda príncipe princesa vacaciones viaje jardín dieta
        trucos ofertas famosos | estilo casa
        """,
    "religion": """
        papa-francisco vaticano iglesia obispo cardenal mezquita islam musulmán judío sinagoga
        sacerdote semana-santa ramadán misa | fe religión
        """,
    "weather": """
        meteorología tormenta nevada ola-calor aemet lluvias pronóstico | lluvia viento
        temperaturas
        """,
}

LEXICONS: Mapping[str, Mapping[str, str]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
}

# What publishers call their sections, in addresses: one word of a path, folded.
_SECTION_WORDS: Mapping[str, str] = {
    "politics": """
        politics politik politique politica federal elections election government white-house
        congress parliament brexit
        """,
    "conflict": "war conflict terrorism defense defence military",
    "economy": """
        business money economy markets finance companies wirtschaft economie economia market
        banking small-business consumer realestate real-estate property personal-finance negocios
        boerse bourse entrepreneurship
        """,
    "crime": """
        crime courts-crime crime-and-courts courts justice kriminalitaet faits-divers sucesos
        """,
    "disaster": "disasters accidents",
    "health": "health gesundheit sante salud wellbeing-and-health healthcare",
    "science": """
        science technology tech sciencetech wissenschaft wissen sciences ciencia digital space
        netzwelt technologie tecnologia
        """,
    "environment": """
        environment climate climate-change umwelt planet planete medio-ambiente earth
        """,
    "society": "society gesellschaft societe sociedad homeless-housing community",
    "education": "education schools bildung educacion universities",
    "labor": "jobs careers manpower workplace karriere emploi empleo",
    "sport": """
        sport sports football soccer cricket rugby-union rugby-league rugby nfl nba mlb nhl afl nrl
        tennis golf formula1 olympics racing boxing basketball fussball deportes motorsport
        athletics cycling mma netball
        """,
    "culture": """
        entertainment entertainment-arts culture kultur cultura arts music movies film tv tvshowbiz
        showbiz books theater theatre television celebrity celebrities cinema art-and-design media
        culture-and-art
        """,
    "lifestyle": """
        lifestyle life life-style life-and-style style fashion food femail travel recipes
        home-and-garden gardening relationships shopping deals horoscopes horoscope leben mode
        beauty royals you health-fitness pets dining reise goodfood traveller parenting estilo
        viajes
        """,
    "religion": "religion faith religions",
    "weather": "weather wetter meteo tiempo",
}

SECTIONS: Mapping[str, str] = {
    word: topic for topic, words in _SECTION_WORDS.items() for word in words.split()
}
